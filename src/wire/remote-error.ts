import { LockstepError } from '../errors/error.ts'
import { errnoName } from './errno.ts'

/** Why the last request for a message failed: the answer to GET_ERROR. */
export interface RemoteError {
  /** 0: it did not fail; otherwise a negative Linux errno. */
  readonly code: number
  /** In the remote's own words; often empty. Code 0 with a text explains a test that failed or a link that is unknown. */
  readonly text: string
}

/** Reads i32 code, then up to 1018 octets of text without NUL. */
export function decodeRemoteError(payload: Buffer): RemoteError {
  if (payload.length < 4)
    throw new LockstepError('WIRE_PAYLOAD', `an error is at least 4 bytes on the wire, got ${payload.length}`)
  return { code: payload.readInt32BE(), text: payload.toString('utf8', 4).trim() }
}

/** The payload of an answer to GET_ERROR. */
export function encodeRemoteError({ code, text }: RemoteError): Buffer {
  const number = Buffer.alloc(4)
  number.writeInt32BE(code)
  return Buffer.concat([number, Buffer.from(text)])
}

/** `ECONNREFUSED (-111): what the remote said`. */
export const describeRemoteError = ({ code, text }: RemoteError): string =>
  `${errnoName(code)} (${code})${text === '' ? '' : `: ${text}`}`
