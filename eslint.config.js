import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', 'test/embedded-github/schema'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' }],
      'no-restricted-properties': ['error', { object: 'AbortSignal', property: 'timeout', message: 'Its timer can be collected (nodejs/node#57736): use deadline().' }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['src/cli.ts', 'scripts/**', 'test/**/demo*.ts', 'test/prove/**', 'test/accuracy/**', 'test/oracle/**'], rules: { 'no-console': 'off' } },
);
