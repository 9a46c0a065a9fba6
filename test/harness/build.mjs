// Builds dist/: one entry per program, split into chunks so that a command loads only what it needs.
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

export async function buildPrograms() {
  await rm('dist', { recursive: true, force: true })
  await build({
    entryPoints: { cli: 'src/cli/start.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
  })
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) await buildPrograms()
