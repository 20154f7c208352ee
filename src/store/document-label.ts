/** How errors name a stored document: they reach logs and answers, which never carry a whole phone hash. */
import { hashPrefix } from '../phone/phone-hash.ts'

/** The name of a document, with the first digits of a phone hash in it. */
export function documentLabel (name: string): string {
  return name.replace(/[0-9a-f]{64}/, hashPrefix)
}
