import { LockstepError, type Place } from '../errors/error.ts'

/** A vault-encrypted text that nobody has decrypted yet. Using it as if it were the text is an error, never a wrong value. */
export class EncryptedValue {
  /** From `$ANSIBLE_VAULT` to the last hex digit. */
  readonly text: string
  readonly at: Place

  constructor(text: string, at: Place) {
    this.text = text
    this.at = at
  }

  toString(): string {
    throw this.refusal()
  }

  toJSON(): never {
    throw this.refusal()
  }

  refusal(): LockstepError {
    const label = vaultLabel(this.text)
    const which = label === undefined ? '' : ` (vault id '${label}')`
    return new LockstepError('INVENTORY_VAULT', `this value is encrypted${which} and cannot be used`, {
      at: this.at,
      hint: 'only passwords such as ansible_password can be encrypted, and need --vault-password-file',
    })
  }
}

/** Whether a whole file is encrypted. */
export const isVaultText = (text: string): boolean => text.startsWith('$ANSIBLE_VAULT;')

/** The vault id of format 1.2: `$ANSIBLE_VAULT;1.2;AES256;LABEL`. */
export function vaultLabel(text: string): string | undefined {
  return /^\$ANSIBLE_VAULT;[^;\n]*;[^;\n]*;([^\n]*)/.exec(text)?.[1]?.trim()
}
