import { hashPrefix } from '../phone/phone-hash.ts'

/** A document's name for errors. They reach logs and responses, which never carry a whole phone hash. */
export function documentLabel (name: string): string {
  return name.replace(/[0-9a-f]{64}/, hashPrefix)
}
