import { hostname, userInfo } from 'node:os'
import type { Io } from './io.ts'

/** Who runs this program and where: `user@host`, for the claims on hosts. */
export const whoAndWhere = (io: Io): string => `${userName(io)}@${hostname()}`

/** A container may run under a number that has no name. */
function userName({ env }: Io): string {
  try {
    return userInfo().username
  } catch {
    return env['USER'] ?? env['LOGNAME'] ?? 'somebody'
  }
}
