/** Text that is HTML already. */
export interface Markup {
  readonly html: string
}

export type Content = Markup | string | number | undefined | readonly Content[]

/** HTML with every value in it escaped, unless it is markup itself. Lists are joined, undefined is nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly Content[]): Markup => ({
  html: parts.reduce((text, part, i) => text + contentOf(values[i - 1]) + part),
})

function contentOf(value: Content): string {
  if (value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return 'html' in value ? value.html : value.map(contentOf).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters that HTML does not allow become U+FFFD. */
const escapeHtml = (text: string) =>
  text
    .replaceAll(/[&<>"']/g, character => entities[character] ?? '')
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
