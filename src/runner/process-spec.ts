/** How a process shows that it does its work. */
export type Ready =
  /** It listens on a port of its host, of TCP unless said otherwise: the very process, not just anybody. */
  | { readonly kind: 'listening'; readonly port: number; readonly protocol?: 'udp' }
  | { readonly kind: 'log'; readonly pattern: RegExp }
  /** Its launcher waits for the start. */
  | { readonly kind: 'held' }
  /** A command on the host exits with 0. */
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  /** It has nothing to show, but one that was started wrongly is gone by then. */
  | { readonly kind: 'lasting'; readonly forMs: number }
  /** Nobody waits: it may even have ended by then, and whoever started it asks how. */
  | { readonly kind: 'started' }

export interface ProcessSpec {
  /** Unique on its host: the name of its log and of its lines in the events. */
  readonly name: string
  readonly argv: readonly string[]
  /** The part of it that people want to read; default all. */
  readonly shown?: readonly string[]
  readonly ready: Ready
  /** How long it may take to get ready. */
  readonly readyWithinMs: number
  /** It begins its session itself. */
  readonly leads?: true
  /** It ends by itself when its work is done, and whoever started it asks how; it is not started again. */
  readonly finite?: true
  /** For a program that leaves its session: where it writes its pid. */
  readonly pidFile?: string
  /** The program has a file of this name with its pid behind it; it stays when the program is killed. */
  readonly litter?: string
}
