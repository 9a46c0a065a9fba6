import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import ssh2 from 'ssh2'
import type { Lab } from '../../src/lab/lab.ts'
import { quoteArgv } from '../../src/transport/quote.ts'

/** The ms that these commands take with nothing around them: all hosts connect, do each at once, and hang up. */
export async function commandsOverSsh(lab: Lab, commands: readonly (readonly string[])[]): Promise<number> {
  const [privateKey, known] = [readFileSync(lab.key), readFileSync(lab.knownHosts, 'utf8')]
  const startedAt = performance.now()
  const clients = await Promise.all(
    lab.hosts.map(async ({ address }) => {
      const client = new ssh2.Client()
      const hostVerifier = (key: Buffer) => known.includes(`${address} ssh-ed25519 ${key.toString('base64')}\n`)
      client.connect({ host: address, username: 'root', privateKey, hostVerifier })
      await once(client, 'ready')
      client.setNoDelay(true) // as every client of OpenSSH does it
      return client
    }),
  )
  try {
    for (const argv of commands) await Promise.all(clients.map(client => execute(client, quoteArgv(argv))))
  } finally {
    await Promise.all(
      clients.map(async client => {
        const closed = once(client, 'close')
        client.end()
        await closed
      }),
    )
  }
  return performance.now() - startedAt
}

function execute(client: ssh2.Client, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error)
      channel.resume()
      channel.stderr.resume()
      channel.on('close', (code: number | null) =>
        code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`)),
      )
    })
  })
}
