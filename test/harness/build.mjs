// Builds dist/: one entry per program, split into chunks so that a command loads only what it needs.
import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { compileSchemas, findsCompiled } from './schemas.mjs'

const common = {
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  logLevel: 'warning',
}

/** A program opens a fifth of the files that it would have to look for in node_modules: half of the time until it does anything. */
const inOnePiece = {
  packages: 'bundle',
  // What brings machine code along finds it beside itself.
  external: ['ssh2', 'minijinja-js', 'zx'],
  // Packages of CommonJS ask for what belongs to Node by require.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'\nconst require = requireOf(import.meta.url)",
  },
}

export async function buildPrograms() {
  await compileSchemas('dist')
  await build({
    ...common,
    ...inOnePiece,
    plugins: [findsCompiled],
    entryPoints: {
      cli: 'src/cli/start.ts',
      worker: 'src/cli/worker.ts',
      lockstepd: 'src/daemon/start.ts',
      broker: 'src/broker/start.ts',
    },
    outdir: 'dist',
    sourcemap: 'linked',
  })
}

/** Each test file becomes one script below node_modules/.cache, where it still finds the packages. */
export async function buildTests(files) {
  const outdir = join('node_modules', '.cache', `lockstep-tests-${process.pid}`)
  process.on('exit', () => rmSync(outdir, { recursive: true, force: true }))
  await build({
    ...common,
    entryPoints: files,
    outbase: '.',
    outdir,
    sourcemap: 'inline',
    outExtension: { '.js': '.mjs' },
  })
  return files.map(file => ({ file, script: join(outdir, file.replace(/\.ts$/, '.mjs')) }))
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  await rm('dist', { recursive: true, force: true })
  await buildPrograms()
}
