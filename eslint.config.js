/** The house rules that a linter can hold; test/tidy.test.ts has those that need the whole tree. */

import tseslint from 'typescript-eslint';

const testFiles = ['**/*.test.ts', 'test/**/*.ts', 'libs/testkit/**/*.ts'];

export default tseslint.config(
  { ignores: ['**/node_modules/**', '.local/**', 'coverage/**', '**/generated/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Expected a named export, so that a thing has one name everywhere.',
        },
        {
          selector: 'TSEnumDeclaration',
          message: 'Expected a union of string literals; Node cannot strip an enum.',
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      'no-param-reassign': 'error',
      'no-unused-private-class-members': 'error',
      'no-constant-binary-expression': 'error',
      'no-unsafe-finally': 'error',
      'no-loss-of-precision': 'error',
    },
  },
  {
    files: testFiles,
    rules: {
      // A test hands promises and callbacks to jest in ways the rule cannot see through.
      '@typescript-eslint/no-misused-promises': 'off',
      // Parsed JSON in an expectation is checked by the expectation.
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    // Programs speak to whoever started them; libraries never print.
    files: ['**/main.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // Plain JavaScript that runs before anything is installed, and files that tools load.
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    rules: { eqeqeq: 'error', 'prefer-const': 'error', 'no-var': 'error', 'no-undef': 'off' },
  },
);
