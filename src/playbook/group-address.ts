/** Whether an address is one of a multicast group: 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291, section 2.7). */
export const isGroup = (address: string | undefined): address is string =>
  address !== undefined && (/^(22[4-9]|23\d)(\.\d{1,3}){3}(%|$)/.test(address) || /^ff[0-9a-f]{2}:/i.test(address))
