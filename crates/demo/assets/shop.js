// Keeps the page of a server up to date. Without it the page reloads by itself; nothing here is needed to use the shop.

const EVERY = 2000;
const page = document.querySelector('[data-live]');
const unreachable = document.getElementById('unreachable');

/** Someone is typing or choosing: neither a part nor the page may be taken away under their hands. */
const isBusy = (part) => part.contains(document.activeElement) && document.activeElement !== document.body;

const renew = (html) => {
  const fresh = new DOMParser().parseFromString(html, 'text/html');
  const stamp = fresh.querySelector('[data-new-stamp]')?.dataset.newStamp;
  if (stamp !== undefined && stamp !== page.dataset.stamp && !isBusy(page)) {
    location.reload();
    return;
  }
  for (const part of fresh.querySelectorAll('[data-part]')) {
    const shown = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (shown && shown.innerHTML !== part.innerHTML && !isBusy(shown)) {
      shown.replaceChildren(...part.childNodes);
    }
  }
};

const look = async () => {
  if (document.hidden) {
    return;
  }
  try {
    const answer = await fetch(page.dataset.live, { signal: AbortSignal.timeout(10000) });
    if (!answer.ok) {
      throw new Error(`status ${answer.status}`);
    }
    renew(await answer.text());
    unreachable.hidden = true;
  } catch {
    unreachable.hidden = false;
  }
};

const watch = async () => {
  await look();
  setTimeout(watch, EVERY);
};

if (page) {
  setTimeout(watch, EVERY);
  document.addEventListener('visibilitychange', look);
}
