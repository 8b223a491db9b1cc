// Readings of a machine as `domain::observed` writes them: everything that the client's page can show, and the same with
// hostile texts wherever a platform or a person may choose them.

const GIB = 2 ** 30;
/** @param {number} milliseconds */
const micros = (milliseconds) => Math.round(milliseconds) * 1000;

/** The first moments of the last twelve months, the newest first. @param {Date} now */
export const starts = (now) =>
  Array.from({ length: 12 }, (_, ago) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 1)));

/**
 * @param {{word?: (usual: string) => string, now?: Date, level?: 'low' | 'high'}} how `word` chooses every free text
 */
export function readings({ word = (usual) => usual, now = new Date(), level = 'low' } = {}) {
  const high = level === 'high';
  const template = (/** @type {string} */ id, /** @type {string} */ name, /** @type {string} */ version, ended = false) => ({
    id, name: word(name), version: word(version), variant: word('Minimal'), description: word(`${name} for servers`), icon: null, family: 'linux', ended,
  });
  return [
    {
      kind: 'live',
      power: { state: 'known', value: 'on' },
      cpu_percent: high ? 95.5 : 12.5,
      memory: { total: 2 * GIB, unused: high ? GIB / 10 : GIB, available: null, resident: null },
      disk_read: 5 * GIB,
      disk_written: 700,
      file_systems: [
        { name: word('vda1'), mount: word('/'), kind: word('ext4'), used: (high ? 39 : 10) * GIB, total: 40 * GIB },
        { name: word('vdb'), mount: word('/data'), kind: word('xfs'), used: 80 * GIB, total: 100 * GIB },
      ],
      system: word('Debian GNU/Linux 12'),
      kernel: word('6.1.0-18-amd64'),
      place: { name: word('London'), icon: word('gb') },
      maintenance: true,
    },
    {
      kind: 'traffic',
      months: starts(now).map((start, ago) => ({
        start: micros(start.getTime()), end: micros(start.getTime() + 2_600_000_000), received: (12 - ago) * 30 * GIB, sent: (12 - ago) * 10 * GIB,
        total: (12 - ago) * 40 * GIB, limit_gb: high ? 500 : 1000,
      })),
    },
    {
      kind: 'templates',
      groups: [
        { name: word('Debian'), icon: null, templates: [template('46', 'Debian', '12'), template('47', 'Debian', '13')] },
        { name: word('Ubuntu'), icon: null, templates: [template('48', 'Ubuntu Server', '22.04', true), template('49', 'Ubuntu Server', '24.04')] },
        { name: word('Other'), icon: null, templates: [template('60', 'AlmaLinux', '9')] },
      ],
    },
    { kind: 'ssh_keys', keys: [{ id: '1', name: word('laptop'), enabled: true, created: micros(now.getTime()) }] },
    {
      kind: 'backups',
      backups: Array.from({ length: 12 }, (_, at) => ({
        id: String(at), state: at === 1 ? 'incomplete' : 'complete', taken: micros(now.getTime() - at * 86_400_000), kept_until: null, storage: word('Backup Server 1'),
      })),
    },
    {
      kind: 'usage',
      credit: word('12.50'),
      currency: { code: word('EUR'), prefix: word(''), suffix: word('EUR') },
      month: word('2026-11'),
      servers: 2,
      total: { hours: word('31'), value: word('4.20'), tokens: null },
      addons: { hours: null, value: word('0.50'), tokens: null },
      periods: [{ start: micros(now.getTime() - 86_400_000), end: micros(now.getTime()), current: true, spent: { hours: word('24'), value: word('1.20'), tokens: null } }],
    },
  ];
}
