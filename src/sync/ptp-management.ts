/**
 * Management messages of PTP, as ptp4l answers them on its Unix domain socket: GET and its RESPONSE (IEEE 1588-2019, clause 15;
 * headers by 13.3 and table 56), one TLV in each, big endian.
 */

/** Whose messages a port takes for its own. */
export interface PtpDomain {
  readonly domainNumber: number
  /** majorSdoId: 1 for gPTP. */
  readonly transportSpecific: number
}

/** managementId, and octets of the data: a GET carries as many, and nobody looks at them. TIME_STATUS_NP is linuxptp's own. */
const dataSets = {
  TIME_PROPERTIES_DATA_SET: { id: 0x2003, size: 4 },
  PORT_DATA_SET: { id: 0x2004, size: 26 },
  TIME_STATUS_NP: { id: 0xc000, size: 50 },
} as const
export type PtpDataSet = keyof typeof dataSets

/** What is read of a data set. */
export type PtpAnswer =
  | { readonly of: 'PORT_DATA_SET'; readonly portState: number }
  | { readonly of: 'TIME_STATUS_NP'; readonly masterOffset: bigint; readonly gmIdentity: string }
  | { readonly of: 'TIME_PROPERTIES_DATA_SET'; readonly currentUtcOffset: number }

const managementMessage = 0xd
const versionPtp = 2
const managementTlv = 1
const actions = { get: 0, response: 2 } as const
/** Places in a message; the TLV begins behind the management header. */
const at = { type: 0, version: 1, length: 2, domain: 4, port: 28, sequence: 30, control: 32, interval: 33 } as const
const management = { target: 34, action: 46, tlv: 48, tlvLength: 50, id: 52, data: 54 } as const

/** A GET to every port of a clock; its answers carry the same `sequenceId`, at octets 30 and 31. */
export function encodePtpGet(dataSet: PtpDataSet, sequenceId: number, domain: PtpDomain): Buffer {
  const { id, size } = dataSets[dataSet]
  const bytes = Buffer.alloc(management.data + size)
  bytes.writeUInt8((domain.transportSpecific << 4) | managementMessage, at.type)
  bytes.writeUInt8(versionPtp, at.version)
  bytes.writeUInt16BE(bytes.length, at.length)
  bytes.writeUInt8(domain.domainNumber, at.domain)
  bytes.writeUInt16BE(1, at.port)
  bytes.writeUInt16BE(sequenceId, at.sequence)
  // controlField of a management message, and a logMessageInterval that means none (13.3.2.13 and 14).
  bytes.writeUInt8(4, at.control)
  bytes.writeUInt8(0x7f, at.interval)
  bytes.fill(0xff, management.target, management.target + 10)
  bytes.writeUInt8(actions.get, management.action)
  bytes.writeUInt16BE(managementTlv, management.tlv)
  bytes.writeUInt16BE(2 + size, management.tlvLength)
  bytes.writeUInt16BE(id, management.id)
  return bytes
}

/** Undefined for whatever is no whole answer with one of these data sets, such as an error status. */
export function decodePtpAnswer(bytes: Buffer): PtpAnswer | undefined {
  if (bytes.length < management.data || (bytes.readUInt8(at.type) & 0xf) !== managementMessage) return undefined
  if ((bytes.readUInt8(management.action) & 0xf) !== actions.response) return undefined
  if (bytes.readUInt16BE(management.tlv) !== managementTlv) return undefined
  const id = bytes.readUInt16BE(management.id)
  const data = bytes.subarray(management.data)
  const of = (Object.keys(dataSets) as PtpDataSet[]).find(name => dataSets[name].id === id)
  return of === undefined || data.length < dataSets[of].size ? undefined : readers[of](data)
}

const readers: Readonly<Record<PtpDataSet, (data: Buffer) => PtpAnswer>> = {
  // Behind the portIdentity.
  PORT_DATA_SET: data => ({ of: 'PORT_DATA_SET', portState: data.readUInt8(10) }),
  // master_offset is in ns; gmIdentity comes last.
  TIME_STATUS_NP: data => ({
    of: 'TIME_STATUS_NP',
    masterOffset: data.readBigInt64BE(0),
    gmIdentity: clockIdentity(data.subarray(42, 50)),
  }),
  TIME_PROPERTIES_DATA_SET: data => ({ of: 'TIME_PROPERTIES_DATA_SET', currentUtcOffset: data.readInt16BE(0) }),
}

/** As linuxptp spells it: `001122.fffe.334455`. */
function clockIdentity(octets: Buffer): string {
  const hex = octets.toString('hex')
  return `${hex.slice(0, 6)}.${hex.slice(6, 10)}.${hex.slice(10)}`
}
