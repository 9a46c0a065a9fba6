/** The logs of both ends, a frame each millisecond. Every time differs from packet to packet, so that sorting has something to do. */
export function madeUpRecords(packets: number): { readonly sender: Buffer; readonly receiver: Buffer } {
  const [sender, receiver] = [Buffer.alloc(packets * 48), Buffer.alloc(packets * 32)]
  const epoch = 1_795_297_714_000_000_000n
  for (let i = 0; i < packets; i++) {
    const jitter = (i * 7919) % 100_003
    const wakeup = epoch + BigInt(i * 1_000_000 + jitter)
    const times = [wakeup + 500_000n, wakeup, wakeup + 3_000n + BigInt(jitter % 997), wakeup + 3_100n, wakeup + 900n]
    sender.writeUInt32BE(i + 1, i * 48)
    for (const [k, time] of times.entries()) sender.writeBigInt64BE(time, i * 48 + 8 + k * 8)
    const arrived = wakeup + 9_000n + BigInt(jitter % 4999)
    receiver.writeUInt32BE(i + 1, i * 32)
    for (const [k, time] of [arrived + 5_000n, arrived, arrived + 10n].entries())
      receiver.writeBigInt64BE(time, i * 32 + 8 + k * 8)
  }
  return { sender, receiver }
}
