import type { Writable } from 'node:stream'

/**
 * Node writes to a terminal synchronously, so one that stops reading (Ctrl-S, a hung ssh session) would stop the
 * event loop, the beats to the hosts, and with them the run. Node has no documented way to say otherwise; where this
 * one is missing, output works as it always did.
 */
export function setBlocking(stream: Writable & { readonly isTTY?: boolean }, blocking: boolean): void {
  if (stream.isTTY === true) (stream as WithHandle)._handle?.setBlocking?.(blocking)
}

type WithHandle = Writable & { readonly _handle?: { setBlocking?(blocking: boolean): void } }
