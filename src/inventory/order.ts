import type { GroupDraft, HostDraft } from './draft.ts'

/**
 * The hosts of a group: its own in order of mention, then those of its children level by level, each once. The order
 * is always the declared one; Ansible's changes from run to run below the second level.
 */
export function hostsOf(group: GroupDraft): readonly HostDraft[] {
  const groups = new Set([group])
  // The set grows while it is walked, so children come before grandchildren.
  for (const each of groups) for (const child of each.children) groups.add(child)
  return [...new Set([...groups].flatMap(each => [...each.hosts]))]
}
