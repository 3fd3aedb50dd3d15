import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

const realms = ['core', 'worker', 'app', 'node'].map((realm) => `./tsconfig.${realm}.json`);

export default ts.config(
  { ignores: ['dist/', 'public/', 'src/cli/stub/', 'src/core/simd/wasm/', 'training/', 'test/golden/', '**/*.cjs'] },
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  {
    rules: {
      // The compiler knows each realm's globals; ESLint would need its own lists.
      'no-undef': 'off',
      // noUncheckedIndexedAccess makes every typed-array read `number | undefined`; inner loops assert, a check there would cost time per element.
      '@typescript-eslint/no-non-null-assertion': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // A promise nobody waits for is how a worker bridge loses errors, so these two are worth the type information.
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: realms, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
    // Our URLs, Maps and Dates are values made and read in one function; state is `$state`.
    rules: { 'svelte/prefer-svelte-reactivity': 'off' },
  },
  { files: ['src/cli/**', 'test/**', '*.config.*'], rules: { 'no-console': 'off' } },
);
