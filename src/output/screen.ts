import { createLogUpdate } from 'log-update'
import { setBlocking } from './blocking.ts'
import { type Line, lineWidth, paint } from './line.ts'
import type { Screen } from './screen-types.ts'

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const upAndErase = (rows: number) => `\r${rows > 0 ? `\u001b[${rows}A` : ''}\u001b[J`

/** The area at the bottom of a terminal that is drawn over and over. */
export class LiveArea {
  readonly #stream: Screen
  readonly #colour: boolean
  // log-update would hide the cursor by process.stderr; our terminal is the stream we were given.
  readonly #update: ReturnType<typeof createLogUpdate>
  readonly #restore: () => void
  #drawn: readonly Line[] = []
  #columns = 0

  constructor(stream: Screen, colour: boolean) {
    this.#stream = stream
    this.#colour = colour
    this.#update = createLogUpdate(stream, { showCursor: true })
    this.#restore = () => {
      // What is written while the process exits must be out before it has.
      setBlocking(stream, true)
      this.#write(showCursor)
    }
  }

  /** Hides the cursor until `close`, or until the process ends without one. */
  open(): void {
    this.#write(hideCursor)
    process.once('exit', this.#restore)
  }

  size() {
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 }
  }

  draw(lines: readonly Line[]): void {
    // A terminal that has not taken the last frame yet gets no other: frames must not pile up.
    if (!this.#stream.writable || this.#stream.writableLength > 0) return
    const { columns } = this.size()
    if (this.#columns !== columns) this.#eraseReflowed(columns)
    // log-update 7.2.0 leaves the tail of a frame where it was when lines come or go above it.
    if (lines.length !== this.#drawn.length) this.#update.clear()
    this.#update(lines.map(line => paint(line, this.#colour)).join('\n'))
    this.#drawn = lines
  }

  /** Puts lasting lines in the place of the frame. They may be longer than the screen is wide or high. */
  finish(lines: readonly Line[]): void {
    const { columns } = this.size()
    if (this.#columns === columns) this.#update.clear()
    else this.#eraseReflowed(columns)
    this.#drawn = []
    this.#write(lines.map(line => `${paint(line, this.#colour)}\n`).join(''))
  }

  close(): void {
    process.removeListener('exit', this.#restore)
    this.#restore()
  }

  /** A terminal that became narrower has broken our lines: more rows than we drew are ours. */
  #eraseReflowed(columns: number): void {
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(lineWidth(line) / columns)), 0)
    if (this.#drawn.length > 0) this.#write(upAndErase(Math.min(rows, this.size().rows - 1)))
    this.#update.done()
    this.#drawn = []
    this.#columns = columns
  }

  #write(text: string): void {
    if (this.#stream.writable) this.#stream.write(text)
  }
}
