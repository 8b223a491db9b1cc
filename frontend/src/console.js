// The page that shows a machine's screen: it fetches the viewer, shows the relay its ticket and answers for the session, or
// goes straight to the platform where there is no relay; and it closes when the session or the time is over.
// @ts-check
import { request } from './page/request.js';

/**
 * What noVNC offers and is used here.
 * @typedef {{
 *   scaleViewport: boolean, focus: () => void, blur: () => void, disconnect: () => void, sendCtrlAltDel: () => void,
 *   sendKey: (keysym: number, code: string | null, down?: boolean) => void,
 *   addEventListener: (name: string, then: (event: any) => void) => void,
 * }} Viewer
 * @typedef {new (target: Element, channel: any, options: object) => Viewer} Viewers
 */

/** Text that is typed at once, at most. */
const LONGEST = 4096;

/** Keys that stand for characters which are none of their own. */
/** @type {Record<string, number>} */
const NAMED = { '\n': 0xff0d, '\t': 0xff09, '\b': 0xff08, '\x1b': 0xff1b };

/** Characters that a machine expects with the shift key held, as on most keyboards. */
const SHIFTED = /[A-Z~!@#$%^&*()_+{}|:"<>?]/;
const SHIFT = 0xffe1;

/** The keys that leave the screen together, as the machine knows them: it is told that they are up again. */
/** @type {[number, string][]} */
const LEAVING = [[0xffe3, 'ControlLeft'], [0xffe9, 'AltLeft'], [SHIFT, 'ShiftLeft']];

/** How long the session may take for an answer, in milliseconds: twice is less than the relay waits. */
const PATIENCE = 6000;

/** What counts as somebody being there. */
const SIGNS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'];

/**
 * What the viewer is given instead of a WebSocket: the bytes of one, without what the relay says beside them.
 */
export class Channel {
  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    this.binaryType = 'arraybuffer';
    /** @type {((event: any) => void) | null} */
    this.onopen = null;
    /** @type {((event: any) => void) | null} */
    this.onmessage = null;
    /** @type {((event: any) => void) | null} */
    this.onclose = null;
    /** @type {((event: any) => void) | null} */
    this.onerror = null;
  }

  get readyState() {
    return this.socket.readyState;
  }

  get protocol() {
    return this.socket.protocol;
  }

  /** @param {any} bytes */
  send(bytes) {
    this.socket.send(bytes);
  }

  close() {
    this.socket.close();
  }
}

/**
 * The keys that type a text, each with whether shift is held.
 * @param {string} text
 * @returns {[number, boolean][]}
 */
export function keys(text) {
  return [...text.replace(/\r\n?/g, '\n')].slice(0, LONGEST).map((character) => {
    const point = character.codePointAt(0) ?? 0;
    const latin = point < 0x100 ? point : 0x01000000 + point;
    return [NAMED[character] ?? latin, SHIFTED.test(character)];
  });
}

/**
 * Types a text on the machine. Few systems take what is pasted, and every one takes keys.
 * @param {Viewer} viewer
 * @param {string} text
 */
export function type(viewer, text) {
  for (const [key, shifted] of keys(text)) {
    if (shifted) {
      viewer.sendKey(SHIFT, 'ShiftLeft', true);
    }
    viewer.sendKey(key, null);
    if (shifted) {
      viewer.sendKey(SHIFT, 'ShiftLeft', false);
    }
  }
}

/**
 * Takes what the page was given for one use, and takes it out of the page.
 * @param {Document} page
 * @returns {{address: string, key: string}}
 */
export function take(page) {
  /** @param {string} id */
  const field = (id) => {
    const input = /** @type {HTMLInputElement | null} */ (page.getElementById(id));
    const value = input?.value ?? '';
    input?.remove();
    return value;
  };
  return { address: field('con'), key: field('pass') };
}

/**
 * Has the platform close the console, so that its token ends with the page that it was given to. Where that does not get
 * through, the token ends with the next console that is opened.
 * @param {HTMLFormElement} form
 * @param {string} address
 * @param {typeof fetch} post
 */
export async function off(form, address, post) {
  try {
    await post(address, { ...request(form, { enabled: '0' }), keepalive: true });
  } catch {
    // Nobody is there any more who could be told.
  }
}

/**
 * Has the session answer a word. Nothing comes of it when the session or the service is over; an answer that is only
 * delayed is tried for once more.
 * @param {HTMLFormElement} form
 * @param {string} nonce
 * @param {typeof fetch} post
 * @returns {Promise<string | null>}
 */
export async function ask(form, nonce, post) {
  for (const last of [false, true]) {
    try {
      const answer = await post(form.action, { ...request(form, { nonce }), signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status < 500 || last) {
        const said = await answer.json();
        return said.success === true && typeof said.data?.proof === 'string' ? said.data.proof : null;
      }
    } catch {
      // Asked once more.
    }
  }
  return null;
}

/**
 * What a session of looking needs.
 * @typedef {{
 *   root: HTMLElement, form: HTMLFormElement, target: Element, Viewers: Viewers, Socket: typeof WebSocket,
 *   post: typeof fetch, every: (tick: () => void, milliseconds: number) => unknown, stop: (ticking: any) => void,
 *   now: () => number, word: () => string,
 * }} Parts
 */

/** One look at a screen. */
export class Look {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Viewer | null} */
    this.viewer = null;
    this.active = true;
    this.seen = parts.now();
    this.over = false;
    this.why = '';
    /** @type {() => void} */
    this.hangUp = () => undefined;
  }

  /** Somebody is there. */
  touch() {
    this.active = true;
    this.seen = this.parts.now();
  }

  /** Whether somebody was there since this was asked last. */
  wasActive() {
    const active = this.active;
    this.active = false;
    return active;
  }

  /**
   * Says how it stands.
   * @param {string} word
   */
  say(word) {
    const { root } = this.parts;
    const place = root.querySelector('[data-hostler-announce]');
    const known = /^[a-z_]+$/.test(word) ? root.getAttribute(`data-hostler-is-${word.replaceAll('_', '-')}`) : null;
    if (place) {
      place.textContent = known ?? root.getAttribute('data-hostler-is-closed') ?? '';
    }
  }

  /**
   * The end; the first reason is told.
   * @param {string} word
   */
  end(word) {
    if (this.over) {
      return;
    }
    this.over = true;
    this.why = word;
    this.parts.root.setAttribute('data-hostler-over', '');
    this.parts.root.querySelectorAll('button[data-hostler-live]').forEach((button) => button.setAttribute('disabled', ''));
    this.say(word);
    this.hangUp();
    // What was seen last is not left for whoever comes by later.
    this.parts.target.replaceChildren();
  }

  /** Gives the keyboard back to the page: the viewer takes every key, the one that moves the focus too. */
  leave() {
    for (const [key, code] of LEAVING) {
      this.viewer?.sendKey(key, code, false);
    }
    this.viewer?.blur();
    /** @type {HTMLElement | null} */ (this.parts.root.querySelector('#hostler-screen-keys'))?.focus();
  }

  /**
   * Shows the screen.
   * @param {any} channel
   * @param {string} password
   */
  show(channel, password) {
    const { Viewers, target, root } = this.parts;
    const viewer = new Viewers(target, channel, { credentials: { password }, shared: true });
    viewer.scaleViewport = true;
    viewer.addEventListener('connect', () => {
      root.querySelectorAll('button[data-hostler-live]').forEach((button) => button.removeAttribute('disabled'));
      this.say('connected');
      viewer.focus();
    });
    viewer.addEventListener('securityfailure', () => this.end('security'));
    viewer.addEventListener('credentialsrequired', () => this.end('security'));
    viewer.addEventListener('disconnect', () => this.end('platform'));
    this.viewer = viewer;
  }

  /**
   * Looks through the relay.
   * @param {string} address
   * @param {string} ticket
   */
  relayed(address, ticket) {
    const { Socket, form, post } = this.parts;
    const socket = new Socket(address, ['binary']);
    socket.binaryType = 'arraybuffer';
    const channel = new Channel(socket);
    this.hangUp = () => {
      this.viewer?.disconnect();
      socket.close();
    };
    let shown = false;
    let first = true;
    socket.onmessage = (event) => {
      if (typeof event.data !== 'string') {
        channel.onmessage?.(event);
        return;
      }
      const said = JSON.parse(event.data);
      if (typeof said.nonce === 'string') {
        const opening = first;
        first = false;
        void ask(form, said.nonce, post).then((proof) => {
          if (proof === null) {
            this.end('session_over');
          } else if (!this.over) {
            socket.send(JSON.stringify(opening ? { ticket, proof } : { proof, active: this.wasActive() }));
          }
        });
      } else if (typeof said.password === 'string' && !shown) {
        shown = true;
        this.show(channel, said.password);
      }
    };
    socket.onclose = (event) => {
      // The relay's reason comes before what the viewer makes of the end.
      this.end(event.reason || (shown ? 'platform' : 'unreachable'));
      channel.onclose?.(event);
    };
    socket.onerror = (event) => channel.onerror?.(event);
  }

  /**
   * Looks straight at the platform. Nobody else asks the session here, so the page does.
   * @param {string} address
   * @param {string} password
   */
  direct(address, password) {
    const { root, form, post, every, stop, now, word } = this.parts;
    const seconds = (/** @type {string} */ name) => Number(root.getAttribute(name)) * 1000;
    const begun = now();
    let asked = begun;
    let asking = false;
    const ticking = every(() => {
      if (now() - begun >= seconds('data-hostler-total')) {
        this.end('too_long');
      } else if (now() - this.seen >= seconds('data-hostler-idle')) {
        this.end('idle');
      } else if (!asking && now() - asked >= seconds('data-hostler-ask')) {
        asking = true;
        void ask(form, word(), post).then((proof) => {
          asked = now();
          asking = false;
          if (proof === null) {
            this.end('session_over');
          }
        });
      }
    }, 1000);
    this.hangUp = () => {
      stop(ticking);
      this.viewer?.disconnect();
      // What the platform ended may be open in another window by now.
      if (this.why !== 'platform' && this.why !== 'security') {
        void off(form, root.getAttribute('data-hostler-off') ?? '', post);
      }
    };
    this.show(address, password);
  }
}

/**
 * Makes the buttons work.
 * @param {Look} look
 */
export function equip(look) {
  const { root } = look.parts;
  const page = root.ownerDocument;
  const box = /** @type {HTMLTextAreaElement | null} */ (root.querySelector('#hostler-screen-text'));
  const dialog = /** @type {HTMLDialogElement | null} */ (root.querySelector('dialog'));
  /** @param {string} id @param {() => void} then */
  const on = (id, then) => root.querySelector(`#${id}`)?.addEventListener('click', then);
  on('hostler-screen-keys', () => {
    look.viewer?.sendCtrlAltDel();
    look.viewer?.focus();
  });
  on('hostler-screen-paste', () => dialog?.showModal());
  on('hostler-screen-type', () => {
    if (look.viewer && box) {
      type(look.viewer, box.value);
      box.value = '';
    }
    dialog?.close();
    look.viewer?.focus();
  });
  on('hostler-screen-cancel', () => {
    if (box) {
      box.value = '';
    }
    dialog?.close();
    look.viewer?.focus();
  });
  on('hostler-screen-close', () => look.end('viewer'));
  page.addEventListener('keydown', (event) => {
    if (event.ctrlKey && event.altKey && event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      look.leave();
    }
  }, { capture: true });
  for (const sign of SIGNS) {
    page.addEventListener(sign, () => look.touch(), { capture: true, passive: true });
  }
}

/**
 * Makes the page live.
 * @param {Document} page
 * @param {(address: string) => Promise<{default: Viewers}>} fetchViewer
 */
export async function start(page, fetchViewer) {
  const root = /** @type {HTMLElement | null} */ (page.querySelector('[data-hostler-viewer]'));
  const form = root?.querySelector('form');
  const target = root?.querySelector('#hostler-screen');
  if (!root || !form || !target) {
    return null;
  }
  const view = page.defaultView ?? window;
  const { address, key } = take(page);
  /** @type {Viewers} */
  let Viewers;
  try {
    ({ default: Viewers } = await fetchViewer(root.getAttribute('data-hostler-viewer') ?? ''));
  } catch {
    const place = root.querySelector('[data-hostler-announce]');
    if (place) {
      place.textContent = root.getAttribute('data-hostler-is-broken');
    }
    return null;
  }
  const look = new Look({
    root,
    form,
    target,
    Viewers,
    Socket: view.WebSocket,
    post: view.fetch.bind(view),
    every: view.setInterval.bind(view),
    stop: view.clearInterval.bind(view),
    now: () => view.performance.now(),
    word: () => [...view.crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  });
  equip(look);
  view.addEventListener('pagehide', () => look.end('viewer'));
  if (root.getAttribute('data-hostler-way') === 'relayed') {
    look.relayed(address, key);
  } else {
    look.direct(address, key);
  }
  return look;
}

if (typeof document !== 'undefined') {
  void start(document, (address) => import(address));
}
