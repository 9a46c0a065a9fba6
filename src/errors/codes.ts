/** Exit codes of every command; design: pass, fail, usage, invalid, host, busy, interrupted. */
export const exit = {
  /** The verdict is pass, or the command did what it was asked. */
  ok: 0,
  /** An `expect` or `assert` was not met. */
  fail: 1,
  /** Wrong usage or a wrong file; nothing was touched. */
  usage: 2,
  /** No valid result: gate deadline, attempts used up, or something failed after set-up began. */
  invalid: 3,
  /** A host cannot be used: unreachable, host key, login, program missing, somebody else's daemon in the way. */
  host: 4,
  /** The host is claimed by another run, or a reservation was denied. */
  busy: 5,
  /** Interrupted by the user. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exit)[keyof typeof exit]

/** What each family of codes means for the exit code when nothing more is known. */
const families = {
  USAGE: exit.usage,
  SCHEMA: exit.usage,
  PLAYBOOK: exit.usage,
  INVENTORY: exit.usage,
  DAT: exit.usage,
  ORCHESTRATION: exit.usage,
  LAB: exit.host,
  SSH: exit.host,
  HOST: exit.host,
  BOOK: exit.busy,
  WIRE: exit.invalid,
  SYNC: exit.invalid,
  STEP: exit.invalid,
  USER: exit.interrupted,
} as const satisfies Record<string, ExitCode>

export type Family = keyof typeof families

/** Every code has one line of meaning; docs/errors.md is made from this table. */
export const codes = {
  USAGE_COMMAND: 'the command line names no known command or option',
  USAGE_VALUE: 'a value on the command line cannot be read',
  USAGE_FILE: 'a file named on the command line cannot be read or written',
  SCHEMA_YAML: 'the file cannot be read as one YAML 1.2 document',
  SCHEMA_QUOTE: 'a value in {{ }} stands without the quotes that YAML needs around it',
  SCHEMA_UNKNOWN_KEY: 'a key that has no meaning at this place',
  SCHEMA_MISSING_KEY: 'a key that has to be there is missing',
  SCHEMA_TYPE: 'a value is of another kind than its key takes',
  SCHEMA_VALUE: 'a value cannot be read, has no unit where one is needed, or lies outside its limits',
  SCHEMA_EXPRESSION: 'an expression in {{ }} cannot be evaluated',
  SCHEMA_UNDEFINED: 'an expression names a variable that is not defined',
  SCHEMA_LOOP: 'variables refer to each other in a circle',
  PLAYBOOK_HOST: 'a host is not known, has no address, or is named twice',
  PLAYBOOK_BIND: '--bind names a host that is not known',
  PLAYBOOK_INTERFACE: 'a host has no usable test interface',
  PLAYBOOK_FLOW: 'a flow, sender or receiver does not fit the others',
  PLAYBOOK_OPTION: 'an option of a tool cannot be used like this',
  PLAYBOOK_STEP: 'a step is not made of one kind and the modifiers that fit it, or steps do not fit each other',
  PLAYBOOK_FILE: 'a file that a step or vars_files names is not there or cannot be read',
  PLAYBOOK_CAPTURE: 'a capture cannot be made as it is written, or tcpdump cannot compile its filter',
  PLAYBOOK_EXPECT: 'a line of expect cannot be read or judged',
  DAT_MAGIC: 'the file is no packet log of isochron',
  DAT_VERSION: 'the packet log has a version whose layout is not known',
  DAT_TRUNCATED: 'the packet log is shorter than its header says',
  DAT_LAYOUT: 'the records of a packet log do not fit the record size or the header',
  DAT_EMPTY: 'a packet log without a single record',
  DAT_RANGE: 'a packet number lies outside the packet log',
  ORCHESTRATION_SYNTAX: 'an orchestration file is not written as isochron orchestrate reads it',
  ORCHESTRATION_OPTION:
    'an exec line of an orchestration file has an option that isochron send does not know, or lacks one',
  ORCHESTRATION_VALUE:
    'a value in an orchestration file cannot be read, or isochron would read something else than it says',
  ORCHESTRATION_CONFLICT: 'options or sections of an orchestration file contradict each other',
  WIRE_FRAME: 'the bytes of a management port are no frame of the protocol, or a frame is larger than allowed',
  WIRE_PAYLOAD: 'a management message has another size or content than its row in the message table',
  WIRE_VALUE: 'a value does not fit into its field of a management message',
  WIRE_LOG: 'a packet log is not made of whole records, or two logs do not belong together',
  WIRE_ORDER: 'an answer came that was not the next one due',
  WIRE_REMOTE: 'isochron refused a management request',
  WIRE_CONNECT: 'no connection to a management port',
  WIRE_SILENT: 'a management port accepts the connection but answers nothing: in use by another client, or frozen',
  WIRE_DEADLINE: 'an answer on a management connection did not come in time',
  WIRE_CLOSED: 'the management connection is closed',
  LAB_COMPILER: "the lab's clocks cannot be compiled",
  LAB_CLOCK: 'a clock of a lab host cannot be made, moved or read',
  LAB_PLATFORM: 'a lab needs Linux',
  LAB_ROOT: 'a lab needs root',
  LAB_PROGRAM: 'a program that the lab needs is missing on this machine',
  LAB_NAMESPACES: 'this machine does not let us make namespaces',
  LAB_NETWORK: 'no network is left for another lab',
  LAB_SETUP: 'a command that makes or changes a lab failed',
  LAB_PROCESS: 'a process of a lab does not end',
  LAB_LOCKED: 'another command is at work on the same lab',
  LAB_EXISTS: 'a lab of this name is already up',
  LAB_UNKNOWN: 'there is no such lab, or no such host in it',
  LAB_UNFINISHED: 'the lab was left half-made by a command that died',
  LAB_HOST_OFF: 'the host of the lab is switched off',
  SSH_CONFIG: 'the ssh configuration of a host cannot be read or used',
  SSH_UNREACHABLE: 'no connection to the ssh port of a host',
  SSH_HANDSHAKE: 'a host and lockstep found no common ssh algorithms, or the handshake broke off',
  SSH_HOST_KEY: 'the key that a host shows is unknown, changed or revoked',
  SSH_LOGIN: 'a host accepts none of the keys and passwords at hand',
  SSH_LOST: 'the connection to a host broke off',
  SSH_TIMEOUT: 'a host did not answer in time, or a command on it took too long',
  SSH_CHANNEL: 'a host opens no further channel on its connection',
  SSH_FORWARD: 'a port of a host cannot be reached through its ssh connection',
  HOST_TETHER: 'the supervisor of processes could not be set up on a host',
  HOST_BECOME: 'a host does not let the login become the user that is asked for',
  HOST_FILE: 'a file on a host cannot be read or written',
  STEP_CONDITION: 'a line of valid is not met, so that the figures of the run do not count',
  STEP_OUTPUT: 'a command printed more than it may',
  BOOK_HOST_BUSY: 'another run has claimed the host',
  HOST_CONFLICT: 'a program that somebody else runs on the host steers a clock that the run would steer',
  HOST_PROGRAM: 'a program that the run needs is missing on the host',
  HOST_INTERFACE: 'the host has no such network interface, or it cannot do what the run needs',
  HOST_FACTS: 'the host did not say what it is',
  STEP_FAILED: 'a step of the playbook did not succeed on a host',
  STEP_ASSERT: 'what an assert of the playbook claims is not so: the verdict is fail, exit code 1',
  STEP_TIMEOUT: 'something took longer than its deadline',
  STEP_PROCESS: 'a process of the run did not start, or ended before its time',
  STEP_PORT: 'no free TCP port was found for a process of the run',
  STEP_LEFT: 'something of the run could not be taken back on a host',
  SYNC_GATE: 'the clocks were not in step before the deadline of the gate',
  SYNC_VOID: 'every attempt at the traffic was void',
  USER_INTERRUPT: 'the user interrupted the run',
  SYNC_BASE_TIME: 'no common start can be computed for these senders',
  INVENTORY_CONFIG: 'a line of ansible.cfg cannot be read',
  INVENTORY_SOURCE: 'an inventory source does not exist or cannot be read',
  INVENTORY_ENCODING: 'an inventory file is not UTF-8 text',
  INVENTORY_INI: 'a line of an INI inventory is not written as Ansible reads it',
  INVENTORY_YAML: 'an inventory or variables file is no YAML',
  INVENTORY_SHAPE: 'a YAML or JSON inventory is not made of groups with hosts, vars and children',
  INVENTORY_GROUP: 'a group is not declared, or belongs to itself',
  INVENTORY_PRIORITY: 'ansible_group_priority is no integer',
  INVENTORY_RANGE: 'a range in a host name cannot be expanded',
  INVENTORY_PROGRAM: 'an inventory source is a program or the configuration of a plugin, not an inventory',
  INVENTORY_VAULT: 'a value or file is encrypted and cannot be used',
  INVENTORY_PATTERN: 'a host pattern cannot be read',
  INVENTORY_LIMIT: 'the limit leaves no host, or its file is missing',
  INVENTORY_VARIABLE: 'a variable that nothing sets for the host',
  INVENTORY_CONNECTION: 'a connection variable of a host has a value that cannot be used',
} as const satisfies Record<`${Family}_${string}`, string>

export type Code = keyof typeof codes

/** The exit code of an error that nobody has placed in a phase. */
export const exitCodeOf = (code: Code): ExitCode =>
  code === 'STEP_ASSERT' ? exit.fail : families[code.slice(0, code.indexOf('_')) as Family]
