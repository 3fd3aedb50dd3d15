/** The table of import rules (README, "Where things go"): each folder lists the only things it may import. */
const TYPES = ['type-only'];
const npm = (...names) => names.map((name) => `node_modules/${name}/`);

/** @returns the rule that `folder` imports nothing but `allowed` (path patterns); `types` may be imported as types only. */
function only(folder, allowed, types = []) {
  const rules = [
    {
      name: `${folder}-imports`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: { pathNot: [`^${folder}/`, ...allowed, ...types] },
    },
  ];
  if (types.length > 0) {
    rules.push({
      name: `${folder}-imports-types-only`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: { path: types, dependencyTypesNot: TYPES },
    });
  }
  return rules;
}

const core = '^src/core/';
const ortAddress = '^onnxruntime-web/.*\\?url$';
const assets = '\\.(css|md|json|svg|png)$';

module.exports = {
  forbidden: [
    ...only('src/core', npm('yaml', 'fflate')),
    ...only('src/engine', [
      core,
      ortAddress,
      ...npm('onnxruntime-web', 'onnxruntime-common', '@huggingface/transformers', 'hash-wasm', 'client-zip'),
    ]),
    ...only('workers', ['^src/engine/', core, ...npm('comlink')]),
    ...only('src/runtime', [core, ...npm('comlink')], ['^workers/', '^src/engine/']),
    ...only('src/state', [core, '^src/runtime/', ...npm('svelte')], ['^src/engine/api']),
    ...only('src/lessons', ['^src/app/ids', '\\.md'], [core]),
    ...only(
      'src/ui',
      ['^src/state/', core, '^src/i18n/', '^src/app/ids', assets, ...npm('svelte', 'uqr', '@codemirror', '@lezer')],
      ['^src/lessons/'],
    ),
    ...only('src/i18n', [core]),
    {
      name: 'cli-imports',
      comment: 'record and bench drive src/app/harness.html in a browser and know its type, no more.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^(src/(ui|state|runtime|app|lessons)|test)/', pathNot: '^src/app/harness' },
    },
    {
      name: 'cli-imports-types-only',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/app/harness', dependencyTypesNot: TYPES },
    },
    {
      name: 'merge-without-ort',
      comment: 'npm run merge must start without a WebAssembly runtime.',
      severity: 'error',
      from: { path: '^src/cli/merge\\.ts$' },
      to: { path: npm('onnxruntime-web', '@huggingface/transformers'), reachable: true },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: TYPES } } },
    {
      name: 'no-unresolved',
      comment: 'An address with a query (?url, ?raw) is for Vite, whose build fails on a wrong one.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\?(url|raw)$' },
    },
    {
      name: 'nobody-imports-a-worker-entry',
      comment: 'WebKit evaluates an imported worker entry twice, which makes two ORT copies.',
      severity: 'error',
      from: {},
      to: { path: '^workers/.*\\.worker\\.ts$', dependencyTypesNot: TYPES },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/cli/stub/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.app.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'svelte', 'types', 'default'],
      extensions: ['.ts', '.svelte', '.js', '.mjs', '.json'],
    },
  },
};
