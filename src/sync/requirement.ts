/** What a gate can demand of a host's clocks, in the playbook's words (`require:`). What is not demanded is not asked either. */
export const requirements = {
  link: 'the carrier of the test interface is up',
  ptp: 'the PTP port is SLAVE or MASTER, and the PHC within the limit of the grandmaster',
  phc2sys: 'the system clock is within the limit of the PHC, or of NTP where chronyd or the kernel tells it',
  'same-grandmaster': 'all hosts follow one grandmaster',
  frequency: "ptp4l's frequency moves the PHC by no more than the limit in a second, from one of its lines to the next",
  'path-delay':
    'the path delay is not negative and moves by no more than the limit, from one line of ptp4l to the next',
} as const

export type Requirement = keyof typeof requirements

export const usualRequirements: readonly Requirement[] = ['link', 'ptp', 'phc2sys', 'same-grandmaster']
