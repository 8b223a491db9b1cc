// The billing system's own buttons and links around our panels: which of them lead nowhere, and what stands for them.

/** The billing system's own buttons of an administrator's page, and which of them a state makes pointless. */
const SWITCHES = ['btnStart_VM', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM'];
/** @type {Record<string, string[]>} */
const POINTLESS = {
  started: ['btnCreate', 'btnStart_VM'],
  stopped: ['btnCreate', 'btnShutdown_VM', 'btnStop_VM', 'btnReset_VM'],
  building: ['btnChange_Package', ...SWITCHES],
};

/**
 * Disables what the machine's state makes pointless. Called again whenever the page around it was drawn anew.
 * @param {Document} page
 */
export function guard(page) {
  const state = page.querySelector('[data-hostler-vm-state]')?.getAttribute('data-hostler-vm-state');
  if (!state) {
    return;
  }
  const pointless = POINTLESS[state] ?? [];
  for (const id of [...SWITCHES, 'btnCreate', 'btnChange_Package']) {
    const button = page.getElementById(id);
    const is = pointless.includes(id);
    // What somebody else disabled stays so.
    if (button && is !== button.hasAttribute('data-hostler-guarded')) {
      button.toggleAttribute('data-hostler-guarded', is);
      button.toggleAttribute('disabled', is);
    }
  }
}

/** The links of the billing system's own sidebar that ask for what our forms do. */
const LINKS = 'a[id^="Primary_Sidebar-Service_Details_Actions-Custom_Module_Button_"]';
/** @type {Record<string, string>} */
const FORMS = { Start_VM: 'boot', Stop_VM: 'poweroff', Shutdown_VM: 'shutdown', Reset_VM: 'restart' };

/**
 * The button of ours that a link of the sidebar stands for.
 * @param {Element} link
 * @returns {HTMLButtonElement | null}
 */
export function counterpart(link) {
  const action = FORMS[link.id.split('Custom_Module_Button_')[1] ?? ''];
  return /** @type {HTMLButtonElement | null} */ (
    action ? link.ownerDocument.getElementById(`hostler-power-${action}`) : null
  );
}

/**
 * Shows which links of the sidebar lead nowhere at present.
 * @param {Document} page
 */
export function mark(page) {
  page.querySelectorAll(LINKS).forEach((link) => {
    const button = counterpart(link);
    link.classList.toggle('disabled', button?.disabled === true);
    link.setAttribute('aria-disabled', String(button?.disabled === true));
  });
}

/**
 * Watches over them: a link does what our button does, a switch asks first where the page has a question.
 * @param {Document} page
 * @param {Window & typeof globalThis} view
 */
export function attend(page, view) {
  page.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const link = target.closest(LINKS);
    const button = link && counterpart(link);
    if (link && button) {
      event.preventDefault();
      event.stopImmediatePropagation();
      button.click();
      return;
    }
    const question = page.querySelector('[data-hostler-vm-state]')?.getAttribute('data-hostler-confirm');
    const pressed = target.closest(SWITCHES.map((id) => `#${id}`).join(','));
    if (pressed && question && !view.confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  mark(page);
  if (page.querySelector('[data-hostler-vm-state]')) {
    guard(page);
    new view.MutationObserver(() => guard(page)).observe(page.body, { childList: true, subtree: true });
  }
}
