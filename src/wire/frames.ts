import { LockstepError } from '../errors/error.ts'
import { type MessageName, messages, type Value } from './messages.ts'
import { encodeValue } from './payload.ts'

const actions = ['get', 'set', 'response', 'getError'] as const
export type Action = (typeof actions)[number]

/** One message on the wire. The protocol allows several TLVs in one, but isochron 0.9 answers only the first. */
export interface Frame {
  readonly action: Action
  /** Management id; a stranger may send one that is in no table. */
  readonly id: number
  readonly payload: Buffer
}

const version = 2
const managementTlv = 0
/** Message header: u8 version, u8 action, 2 reserved, u32 length of all that follows. */
const headerSize = 8
/** TLV header: u16 type, u16 management id, u32 length of the payload. */
const tlvHeaderSize = 8

export function encodeFrame({ action, id, payload }: Frame): Buffer {
  const headers = Buffer.alloc(headerSize + tlvHeaderSize)
  headers.writeUInt8(version, 0)
  headers.writeUInt8(actions.indexOf(action), 1)
  headers.writeUInt32BE(tlvHeaderSize + payload.length, 4)
  headers.writeUInt16BE(managementTlv, 8)
  headers.writeUInt16BE(id, 10)
  headers.writeUInt32BE(payload.length, 12)
  return Buffer.concat([headers, payload])
}

export const encodeGet = (name: MessageName): Buffer => bare('get', name)
/** Asks why the last request for `name` failed. */
export const encodeGetError = (name: MessageName): Buffer => bare('getError', name)
export const encodeSet = <Name extends MessageName>(name: Name, value: Value<Name>): Buffer =>
  encodeFrame({ action: 'set', id: messages[name].id, payload: encodeValue(name, value) })

/** Cuts a stream of bytes into frames. */
export interface FrameSplitter {
  /**
   * Takes the next bytes and gives the frames that they complete; walk it to its end. It throws at the first bytes that
   * are no frame, after the frames before them, and from then on at every call.
   */
  push(chunk: Buffer): Iterable<Frame>
  /** Octets held of a frame that is not whole yet. */
  readonly held: number
}

/** A splitter that refuses a frame of more than `maxBytes`, headers included, as soon as its header says so. */
export function frameSplitter({ maxBytes }: { readonly maxBytes: number }): FrameSplitter {
  const store = new FrameStore()
  let broken: unknown

  function* push(chunk: Buffer): Generator<Frame> {
    if (broken !== undefined) throw broken
    store.add(chunk)
    for (;;) {
      const frame = next()
      if (frame === undefined) return
      yield frame
    }
  }

  function next(): Frame | undefined {
    try {
      const header = store.first(headerSize)
      const size = header && frameSize(header, maxBytes)
      const bytes = size === undefined ? undefined : store.first(size)
      if (bytes === undefined) return undefined
      store.drop(bytes.length)
      return frameIn(bytes)
    } catch (error) {
      broken = error
      throw error
    }
  }

  return {
    push,
    get held() {
      return store.held
    },
  }
}

/** A frame of so many octets is put where all threads can read it: what measures a large log needs no copy of it. */
const large = 1 << 20
const roomFor = (count: number) =>
  count < large ? Buffer.allocUnsafe(count) : Buffer.from(new SharedArrayBuffer(count))

/**
 * What has come of a stream and is no whole frame yet. A frame whose size is known is filled in at the place where it will stay,
 * so that a large log is never there twice.
 */
class FrameStore {
  /** The beginning of a frame, as far as it came with earlier chunks. */
  #begun: Buffer = Buffer.alloc(0)
  #filled = 0
  /** Of the last chunk, what is not in `begun`. */
  #rest: Buffer = Buffer.alloc(0)

  get held(): number {
    return this.#filled + this.#rest.length
  }

  /** What came before has been asked for to the last: `first` has moved it. */
  add(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
  }

  /** The first octets, once there are so many. */
  first(count: number): Buffer | undefined {
    if (this.#filled === 0 && this.#rest.length >= count) return this.#rest.subarray(0, count)
    if (this.#begun.length < count) {
      const larger = roomFor(count)
      this.#begun.copy(larger, 0, 0, this.#filled)
      this.#begun = larger
    }
    if (this.#filled < count) {
      const moved = this.#rest.copy(this.#begun, this.#filled, 0, count - this.#filled)
      this.#filled += moved
      this.#rest = this.#rest.subarray(moved)
    }
    return this.#filled < count ? undefined : this.#begun.subarray(0, count)
  }

  /** Forgets them; whoever has them keeps them. */
  drop(count: number): void {
    if (this.#filled === 0) this.#rest = this.#rest.subarray(count)
    else {
      this.#begun = Buffer.alloc(0)
      this.#filled = 0
    }
  }
}

const bare = (action: Action, name: MessageName) =>
  encodeFrame({ action, id: messages[name].id, payload: Buffer.alloc(0) })

/** Octets of the frame whose message header `bytes` starts with. */
function frameSize(bytes: Buffer, maxBytes: number): number {
  const [seen, action, length] = [bytes.readUInt8(0), bytes.readUInt8(1), bytes.readUInt32BE(4)]
  if (seen !== version) throw foreign(`protocol version ${version}`, seen)
  if (action >= actions.length) throw foreign(`an action below ${actions.length}`, action)
  if (length < tlvHeaderSize) throw foreign(`at least ${tlvHeaderSize} bytes after the header`, length)
  if (headerSize + length > maxBytes) throw foreign(`a frame of at most ${maxBytes} bytes`, headerSize + length)
  return headerSize + length
}

function frameIn(bytes: Buffer): Frame {
  const [type, length] = [bytes.readUInt16BE(8), bytes.readUInt32BE(12)]
  const payload = bytes.subarray(headerSize + tlvHeaderSize)
  if (type !== managementTlv) throw foreign(`TLV type ${managementTlv}`, type)
  if (length !== payload.length) throw foreign(`a TLV of ${payload.length} bytes`, length)
  const action = actions[bytes.readUInt8(1)] as Action // frameSize() has checked the code
  return { action, id: bytes.readUInt16BE(10), payload }
}

const foreign = (expected: string, got: number) => new LockstepError('WIRE_FRAME', `expected ${expected}, got ${got}`)
