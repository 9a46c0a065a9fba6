/** Promise.all that waits for every one before it throws the first failure: nothing is still at work behind it. */
export async function settleAll<T extends readonly unknown[]>(
  promises: readonly [...{ readonly [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const settled = await Promise.allSettled(promises)
  const failed = settled.find((each): each is PromiseRejectedResult => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return settled.map(each => (each.status === 'fulfilled' ? each.value : undefined)) as unknown as T
}
