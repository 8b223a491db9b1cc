// Pages as themes of a billing system draw them: the module's output in the middle of a card, Bootstrap and jQuery of
// the theme's age around it. Everything comes from the packages; nothing is ours but these few lines.

/** Path → content type and the module's file. @type {Record<string, [string, string]>} */
export const files = {
  '/theme/bootstrap3.css': ['text/css', 'bootstrap3/dist/css/bootstrap.min.css'],
  '/theme/bootstrap3.js': ['text/javascript', 'bootstrap3/dist/js/bootstrap.min.js'],
  '/theme/bootstrap4.css': ['text/css', 'bootstrap4/dist/css/bootstrap.min.css'],
  '/theme/bootstrap4.js': ['text/javascript', 'bootstrap4/dist/js/bootstrap.bundle.min.js'],
  '/theme/bootstrap5.css': ['text/css', 'bootstrap5/dist/css/bootstrap.min.css'],
  '/theme/bootstrap5.js': ['text/javascript', 'bootstrap5/dist/js/bootstrap.bundle.min.js'],
  '/theme/jquery1.js': ['text/javascript', 'jquery1/dist/jquery.min.js'],
  '/theme/jquery3.js': ['text/javascript', 'jquery3/dist/jquery.min.js'],
};

/** What the published themes bring: Bootstrap's version and jQuery's. @type {Record<string, [string, string]>} */
const brings = {
  bootstrap3: ['bootstrap3', 'jquery1'],
  bootstrap4: ['bootstrap4', 'jquery1'],
  bootstrap5: ['bootstrap5', 'jquery3'],
  'bootstrap5-dark': ['bootstrap5', 'jquery3'],
};

export const themes = Object.keys(brings);

/**
 * @param {string} theme one of {@link themes}, or `bare` for none
 * @param {string} panel the module's output, as it is
 * @param {string} title
 */
export function frame(theme, panel, title) {
  const [bootstrap, jquery] = brings[theme] ?? [];
  const head = bootstrap ? `<link rel="stylesheet" href="/theme/${bootstrap}.css">
<script src="/theme/${jquery}.js"></script>
<script src="/theme/${bootstrap}.js"></script>` : '';
  return `<!doctype html>
<html lang="en"${theme.endsWith('-dark') ? ' data-bs-theme="dark"' : ''}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Server</title>
${head}
</head>
<body>
<main class="container">
<h1>Product details</h1>
<p id="rig-title">${title.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)}</p>
<div class="tab-content"><div class="tab-pane active show text-center" id="domain">
${panel}
</div></div>
</main>
</body>
</html>`;
}
