// Drawing what is a table, and lines over what was read. The table stays what is read aloud.

/** A month's pair of bars: at most as many pixels apart as they are wide. */
const PAIR = { share: 0.35, least: 4, gap: 2 };
/** The chart's height and the room around its bars, in pixels. */
const ROOM = { height: 240, top: 10, right: 10, bottom: 60, left: 58 };
const GIB = 2 ** 30;

/** How long sizes have to stand still before a chart is drawn anew, in milliseconds. */
const STILL = 200;

/**
 * An amount on the chart's scale.
 * @param {number} gigabytes
 */
export const scale = (gigabytes) =>
  (gigabytes >= 1024 ? `${(gigabytes / 1024).toFixed(1)} TB` : `${gigabytes.toFixed(0)} GB`);

/**
 * The rows of a traffic table, oldest first, in gigabytes.
 * @param {Element} table
 */
export function months(table) {
  return [...table.querySelectorAll('tr[data-hostler-in][data-hostler-out]')].map((row) => ({
    label: row.firstElementChild?.textContent?.trim() ?? '',
    in: Math.max(0, Number(row.getAttribute('data-hostler-in')) || 0) / GIB,
    out: Math.max(0, Number(row.getAttribute('data-hostler-out')) || 0) / GIB,
  }));
}

/**
 * An element of a drawing.
 * @param {Document} page
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function drawn(page, name, attributes, text) {
  const element = page.createElementNS('http://www.w3.org/2000/svg', name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, String(value)));
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

/**
 * Draws the traffic of each month beside its table, as wide as there is room. The table stays what is read aloud.
 * @param {Element} place
 * @param {number} width
 */
export function chart(place, width) {
  const page = place.ownerDocument;
  const table = page.getElementById(place.getAttribute('data-hostler-chart') ?? '');
  const rows = table ? months(table) : [];
  place.toggleAttribute('hidden', rows.length === 0);
  if (!table || rows.length === 0) {
    place.replaceChildren();
    return;
  }
  const drawing = drawn(page, 'svg', { width, height: ROOM.height, viewBox: `0 0 ${width} ${ROOM.height}`, focusable: 'false' });
  const high = ROOM.height - ROOM.top - ROOM.bottom;
  const most = Math.max(1, ...rows.map((month) => month.in + month.out));
  for (let line = 0; line <= 4; line += 1) {
    const y = ROOM.top + high - (high * line) / 4;
    drawing.append(
      drawn(page, 'line', { class: 'hostler-grid', x1: ROOM.left, x2: width - ROOM.right, y1: y, y2: y }),
      drawn(page, 'text', { class: 'hostler-tick', x: ROOM.left - 6, y: y + 4, 'text-anchor': 'end' }, scale((most * line) / 4)),
    );
  }
  const slot = (width - ROOM.left - ROOM.right) / rows.length;
  const bar = Math.max(PAIR.least, PAIR.share * slot);
  // Where there is no room for every month's name, every second or third one is written.
  const step = Math.max(1, Math.ceil(44 / slot));
  const heads = [...table.querySelectorAll('thead th')].map((head) => head.textContent?.trim() ?? '');
  rows.forEach((month, at) => {
    const middle = ROOM.left + slot * (at + 0.5);
    /** @type {[('in' | 'out'), number][]} */
    const pair = [['in', middle - bar - PAIR.gap / 2], ['out', middle + PAIR.gap / 2]];
    pair.forEach(([which, x], column) => {
      const tall = (month[which] / most) * high;
      const box = drawn(page, 'rect', { class: `hostler-${which}`, x, y: ROOM.top + high - tall, width: bar, height: tall });
      box.append(drawn(page, 'title', {}, `${month.label}, ${heads[column + 1] ?? which}: ${gigabytes(month[which])}`));
      drawing.append(box);
    });
    if ((rows.length - 1 - at) % step === 0) {
      drawing.append(drawn(page, 'text', { class: 'hostler-tick', x: middle, y: ROOM.top + high + 18, 'text-anchor': 'middle' }, month.label));
    }
  });
  ['in', 'out'].forEach((which, at) => {
    const x = width / 2 + (at === 0 ? -90 : 20);
    drawing.append(
      drawn(page, 'rect', { class: `hostler-${which}`, x, y: ROOM.top + high + 36, width: 12, height: 12 }),
      drawn(page, 'text', { class: 'hostler-tick', x: x + 18, y: ROOM.top + high + 46 }, heads[at + 1] ?? which),
    );
  });
  place.replaceChildren(drawing);
}

/** @param {Element} place */
export function redraw(place) {
  // A place that is hidden has no width of its own.
  place.removeAttribute('hidden');
  chart(place, Math.max(240, Math.floor(place.getBoundingClientRect().width) || 600));
}

/**
 * Draws the charts anew when the window's size has changed, and stands still.
 * @param {Document} page
 * @param {Window} view
 */
export function resized(page, view) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let still;
  view.addEventListener('resize', () => {
    clearTimeout(still);
    still = setTimeout(() => page.querySelectorAll('.hostler [data-hostler-chart]').forEach(redraw), STILL);
  });
}

/**
 * An amount in words that fit below a pointer.
 * @param {number} amount in gigabytes
 */
export function gigabytes(amount) {
  if (amount >= 1024) {
    return `${(amount / 1024).toFixed(2)} TB`;
  }
  const digits = amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
  return `${amount.toFixed(digits)} GB`;
}

/**
 * What was read of a machine at a moment: Unix seconds, and shares in per cent; a share that is not known is no number.
 * @typedef {{at: number, cpu: number, memory: number}} Reading
 */

/** How many readings a line over time has, at most. */
const READINGS = 60;

/**
 * Adds the reading that is shown to those before it; the same reading counts once.
 * @param {Reading[]} readings
 * @param {Element | null} figures
 */
export function observe(readings, figures) {
  const at = Number(figures?.getAttribute('data-hostler-at') ?? 0);
  if (!figures || !at || readings.some((reading) => reading.at >= at)) {
    return;
  }
  const number = (/** @type {string} */ name) => parseFloat(figures.getAttribute(`data-hostler-${name}`) ?? '');
  readings.push({ at, cpu: number('cpu'), memory: number('memory') });
  readings.splice(0, readings.length - READINGS);
}

/**
 * Draws a line over the readings of one figure, from 0 to 100 per cent.
 * @param {Element} place
 * @param {Reading[]} readings
 */
export function spark(place, readings) {
  const which = place.getAttribute('data-hostler-spark') === 'memory' ? 'memory' : 'cpu';
  const known = readings.filter((reading) => Number.isFinite(reading[which]));
  place.toggleAttribute('hidden', known.length < 2);
  if (known.length < 2) {
    place.replaceChildren();
    return;
  }
  const [first, last] = [known[0].at, known[known.length - 1].at];
  const points = known.map((reading) => {
    const share = Math.min(100, Math.max(0, reading[which]));
    return `${(((reading.at - first) / (last - first)) * 200).toFixed(1)},${(40 - share * 0.4).toFixed(1)}`;
  });
  const page = place.ownerDocument;
  const drawing = drawn(page, 'svg', { viewBox: '-1 -1 202 42', preserveAspectRatio: 'none', class: 'hostler-line-graph', focusable: 'false' });
  drawing.append(drawn(page, 'polyline', { points: points.join(' '), fill: 'none' }));
  place.replaceChildren(drawing);
}
