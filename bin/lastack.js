#!/usr/bin/env node
// Plain and old syntax on purpose: a Node too old for lastack must be able to read this and say so.
var needed = 20;
var found = process.versions.node;

if (parseInt(found, 10) < needed) {
  console.error(
    'lastack needs Node.js %d or newer; this is %s. Install a newer one: https://nodejs.org/',
    needed,
    found,
  );
  process.exit(2);
} else {
  import('../dist/bundle/lastack.js')
    .then((cli) => cli.main())
    .catch((error) => {
      console.error(
        'lastack: cannot start: %s',
        error.code === 'ERR_MODULE_NOT_FOUND' ? 'it is not built yet; run "npm run build"' : error.message,
      );
      process.exit(70);
    });
}
