import neostandard from 'neostandard'

/** Keeps `folder` from importing any of `targets`: the import rule of CONTRIBUTING.md. */
const forbid = (folder, ...targets) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: targets.map((target) => ({
        regex: `(^|/)${target}/`,
        message: `${folder}/ does not import ${target}/`
      }))
    }]
  }
})

/** Where everything meets: in the server, and in the commands beside it. */
const COMPOSITION = ['src/app.ts', 'src/cli/parts.ts']

/** Keeps `src` from Fastify, and from anything but the types of schemas. */
const keepPlain = {
  files: ['src/**/*.ts'],
  ignores: COMPOSITION,
  plugins: { '@typescript-eslint': neostandard.plugins['typescript-eslint'].plugin },
  rules: {
    '@typescript-eslint/no-restricted-imports': ['error', {
      patterns: [
        { regex: '^(fastify|@fastify/(?!error$).*)$', message: 'src/ does not know Fastify' },
        { regex: '(^|/)schemas/', message: 'src/ imports only types from schemas/', allowTypeImports: true }
      ]
    }]
  }
}

export default [
  ...neostandard({ ts: true, ignores: ['dist', '.tap', '.ci/node'] }),
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': neostandard.plugins['typescript-eslint'].plugin },
    languageOptions: { parserOptions: { project: 'test/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true, ignoreRegExpLiterals: true }],
      '@typescript-eslint/no-floating-promises': ['error', {
        // tap runs its subtests one after another by itself.
        allowForKnownSafePromises: [{ from: 'package', package: '@tapjs/core', name: 'PromiseWithSubtest' }]
      }],
      '@typescript-eslint/no-misused-promises': 'error',
      // A promise that is left alone on purpose says so.
      'no-void': 'off'
    }
  },
  // Tables of cases, messages as they are, and servers with async handlers.
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }]
    }
  },
  forbid('schemas', 'src', 'plugins', 'routes', 'test'),
  forbid('plugins', '\\.', 'plugins', 'routes', 'test'), // './' too: plugins meet through decorators
  forbid('routes', 'plugins', 'test', 'src(?!/(errors\\.ts$|operator\\.ts$|caller/|calls/call-))'),
  { ...forbid('src', 'plugins', 'routes', 'test'), ignores: COMPOSITION },
  keepPlain,
  {
    files: ['src/**/*.ts', 'plugins/**/*.ts', 'routes/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', {
        selector: 'CallExpression[callee.property.name="matchAll"]', message: 'use matchesIn: see src/matches.ts'
      }]
    }
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/app.ts', 'src/server.ts', 'src/cli/memory-bridge.ts', 'src/demo/demo.ts'],
    rules: { 'no-restricted-globals': ['error', 'process'] }
  }
]
