import type { CommandFile } from './define-command.ts'

interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandFile>
}

/** Every command; its file is loaded only when it is called. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'cancel',
    summary: 'Give back time that was reserved on shared hosts',
    load: async () => (await import('./commands/cancel.ts')).cancel,
  },
  {
    name: 'check',
    summary: 'Say everything that is wrong with playbooks, touching no host',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'convert',
    summary: 'Turn an orchestration file of isochron into a playbook, or back',
    load: async () => (await import('./commands/convert.ts')).convert,
  },
  {
    name: 'doc',
    summary: 'Say what a key of a playbook, inventory or lab means, or list them all',
    load: async () => (await import('./commands/doc.ts')).doc,
  },
  {
    name: 'doctor',
    summary: 'Say why clocks do not get in step, or a test would be worthless',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'exec',
    summary: 'Run one command on hosts, without a playbook',
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    name: 'explain',
    summary: "Say where a host's variable comes from, and what it was set over",
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'inventory',
    summary: 'Print what inventories say: hosts, groups and variables',
    load: async () => (await import('./commands/inventory.ts')).inventory,
  },
  {
    name: 'judge',
    summary: 'Judge a run or an experiment again, from its folder alone',
    load: async () => (await import('./commands/judge.ts')).judge,
  },
  {
    name: 'lab',
    summary: 'Make, watch and disturb a virtual lab of hosts with clocks of their own',
    load: async () => (await import('./commands/lab.ts')).lab,
  },
  {
    name: 'orchestrate',
    summary: 'Run a file of isochron orchestrate against daemons that are already up',
    load: async () => (await import('./commands/orchestrate.ts')).orchestrate,
  },
  {
    name: 'ping',
    summary: 'Say whether hosts can be used, how their clocks stand and what they have',
    load: async () => (await import('./commands/ping.ts')).ping,
  },
  {
    name: 'plan',
    summary: 'Print every command line of a run, touching no host',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'report',
    summary: 'Show a run again, or say of packet logs what isochron says',
    load: async () => (await import('./commands/report.ts')).report,
  },
  {
    name: 'reservations',
    summary: 'List what is reserved on shared hosts, by us and by others',
    load: async () => (await import('./commands/reservations.ts')).reservations,
  },
  {
    name: 'results',
    summary: 'Fetch what shared hosts have kept of a reserved test',
    load: async () => (await import('./commands/results.ts')).results,
  },
  {
    name: 'resume',
    summary: 'Go on with an experiment where it was interrupted',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    name: 'run',
    summary: 'Run a playbook: from bare hosts to a verdict',
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'sync',
    summary: 'Show how every clock of hosts stands, once or live',
    load: async () => (await import('./commands/sync.ts')).sync,
  },
  {
    name: 'test',
    summary: 'Run one flow between two hosts, without a playbook',
    load: async () => (await import('./commands/test.ts')).test,
  },
  {
    name: 'when',
    summary: 'Say when a test could run on shared hosts',
    load: async () => (await import('./commands/when.ts')).when,
  },
]
