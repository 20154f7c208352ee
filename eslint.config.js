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

export default [
  ...neostandard({ ts: true, ignores: ['dist', '.tap', '.ci/node'] }),
  forbid('schemas', 'src', 'plugins', 'routes', 'test'),
  forbid('plugins', '\\.', 'plugins', 'routes', 'test'), // './' too: plugins meet through decorators
  forbid('routes', 'plugins', 'test', 'src(?!/errors\\.ts$)'),
  { ...forbid('src', 'plugins', 'routes', 'test'), ignores: ['src/app.ts'] },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/app.ts', 'src/server.ts', 'src/demo/demo.ts'],
    rules: { 'no-restricted-globals': ['error', 'process'] }
  }
]
