const authentication = 'the receiver is started for this test alone and asks nobody who they are'
const output = 'results are read from the JSON output'
const sctp = 'tests are made with TCP or UDP'

/** Options of iperf3(1) that a playbook cannot set, each with the reason. */
export const iperf3Refused = {
  client: "the flow's `to` says who receives",
  server: 'the receiver of a flow is the server',
  port: 'a free port is chosen at run time',
  'one-off': 'every receiver serves one test and ends',
  daemon: 'processes are supervised and stay in the foreground',
  pidfile: 'processes are supervised by the run',
  'idle-timeout': 'the run ends what does not end by itself',
  file: 'the tool would read or overwrite a file of the host',
  format: output,
  json: 'it is always set',
  verbose: output,
  debug: output,
  logfile: 'the output goes into the run folder',
  forceflush: output,
  timestamps: output,
  title: output,
  'extra-data': output,
  sctp,
  xbind: sctp,
  nstreams: sctp,
  'rsa-private-key-path': authentication,
  'authorized-users-path': authentication,
  'time-skew-threshold': authentication,
  username: authentication,
  'rsa-public-key-path': authentication,
  version: 'it makes the tool print its version and stop',
  help: 'it makes the tool print its options and stop',
} as const
