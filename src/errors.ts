/** Every error the bridge raises on purpose: its code, its text and its HTTP status. docs/errors.md lists them all. */
import createError from '@fastify/error'

// Seen by whoever starts the bridge.

/** Settings are missing or wrong; the text lists them all. Mend them and start again. */
export const SettingsInvalid = createError<[string]>('BRIDGE_SETTINGS_INVALID', '%s', 500)

/** The soul file cannot be used. The start ends; a later edit keeps the last good one. */
export const SoulInvalid = createError<[string, string]>('BRIDGE_SOUL_INVALID', 'The soul file %s cannot be used: %s', 500)

/** Another process works on the same DATA_DIR. Stop it, or give this one a folder of its own. */
export const DataDirLocked = createError<[string, string]>(
  'BRIDGE_DATA_DIR_LOCKED', 'DATA_DIR %s is in use by %s: one bridge a folder', 503)

/** DATA_ENCRYPTION_KEY lacks a key that the stored data were sealed with. Put it back behind the first one, and start again. */
export const EncryptionKeyWrong = createError<[string]>('BRIDGE_ENCRYPTION_KEY_WRONG', '%s', 503)

// Seen by whoever runs a command.

/** A command could not do its work; the text says why, and what to do. */
export const CommandFailed = createError<[string, { cause: unknown }?]>('BRIDGE_COMMAND_FAILED', '%s', 500)

/** A backup is damaged, cut off, or does not open with the keys at hand. Nothing was restored from it. */
export const BackupUnusable = createError<[string]>('BRIDGE_BACKUP_UNUSABLE', 'The backup cannot be used: %s', 500)

// Seen by ElevenLabs, or by whoever pretends to be.

/** A webhook request without valid proof; the text says which part failed. */
export const WebhookRefused = createError<[string]>('BRIDGE_WEBHOOK_REFUSED', '%s', 401)

/** The body is no JSON. */
export const BodyNotJson = createError('BRIDGE_BODY_NOT_JSON', 'The body is not valid JSON: send one JSON object', 400)

/** The body is JSON, but a list, a string, a number or nothing. */
export const BodyNotObject = createError('BRIDGE_BODY_NOT_OBJECT', 'The body is not a JSON object: send {…}', 400)

/** The body is larger than the route takes. */
export const BodyTooLarge = createError<[number]>('BRIDGE_BODY_TOO_LARGE', 'The body is larger than %d bytes', 413)

/** The body is nested too deep, or has too many values: to parse it would hold up other calls. */
export const BodyTooComplex = createError<[number, number]>(
  'BRIDGE_BODY_TOO_COMPLEX', 'The body is nested deeper than %d levels, or has more than %d values', 413)

/** Too many wrong webhook secrets from one address. Wait a minute; the right secret still passes. */
export const WebhookThrottled = createError<[number]>(
  'BRIDGE_WEBHOOK_THROTTLED', 'Too many wrong webhook secrets from this address: wait %d seconds, or send the right one', 429)

/** The connection ended, or the body took more than 30 seconds, or 10 for a large one, or others waited for its place. */
export const BodyCutOff = createError<[{ cause: unknown }]>('BRIDGE_BODY_CUT_OFF', 'The body did not arrive in full', 408)

// Seen by the operator.

/** Something in the request does not fit its schema; the text names the field and what it should be. */
export const RequestInvalid = createError<[string]>('BRIDGE_REQUEST_INVALID', '%s', 400)

/** A point in time that cannot be: a leap second, or a year beyond 9999. */
export const TimeInvalid = createError(
  'BRIDGE_TIME_INVALID', 'body/expires_at is no time that exists: give ISO 8601 with a time zone, or Unix seconds', 400)

/** The number cannot be read as one person's phone number. */
export const PhoneUnreadable = createError<[string]>(
  'BRIDGE_PHONE_UNREADABLE',
  'body/phone is no number that can be read (%s): give it with + and country code, or set DEFAULT_COUNTRY', 400)

/** Admin routes are off because no key is set. Set ADMIN_API_KEY and start again. */
export const AdminDisabled = createError(
  'BRIDGE_ADMIN_DISABLED', 'Admin access is off: set ADMIN_API_KEY and start the bridge again', 403)

/** No admin key, or a wrong one. */
export const AdminRefused = createError(
  'BRIDGE_ADMIN_REFUSED', 'Send the admin key as the header Authorization: Bearer <ADMIN_API_KEY>', 401)

/** Too many wrong admin keys from one address. Wait a minute; the right key still passes. */
export const AdminThrottled = createError<[number]>(
  'BRIDGE_ADMIN_THROTTLED', 'Too many wrong admin keys from this address: wait %d seconds, or send the right one', 429)

/** There is no record of this caller. */
export const CallerUnknown = createError('BRIDGE_CALLER_UNKNOWN', 'Nothing is known about this caller', 404)

/** The caller has no fact with this id. */
export const FactUnknown = createError('BRIDGE_FACT_UNKNOWN', 'This caller has no fact with this id', 404)

/** There is no note with this id where it was looked for. */
export const NoteUnknown = createError(
  'BRIDGE_NOTE_UNKNOWN', 'No note has this id: a caller\'s own notes need ?phone_hash=, global ones go without', 404)

/** The caller opted out: nothing may be stored about them. */
export const CallerOptedOut = createError(
  'BRIDGE_CALLER_OPTED_OUT', 'This caller opted out of being remembered: PATCH remember to true first', 409)

/** The record holds as many facts as it may. Delete some first. */
export const FactsFull = createError<[number]>(
  'BRIDGE_FACTS_FULL', 'This caller already has %d facts, which is the limit: delete some first', 409)

/** There are as many notes as there may be. Delete some first. */
export const NotesFull = createError<[number]>(
  'BRIDGE_NOTES_FULL', 'There are already %d notes, which is the limit: delete some first', 409)

/** A fact with the text that this one was corrected to exists already. */
export const FactRepeated = createError(
  'BRIDGE_FACT_REPEATED', 'This caller already has a fact with this text: delete one of the two instead', 409)

/** The fact does not wait for approval: it was told already, refused, or superseded. */
export const FactNotPending = createError(
  'BRIDGE_FACT_NOT_PENDING', 'This fact does not wait for you: only facts with the state "pending" are approved or rejected', 409)

/** The caller has no open item with this id. */
export const OpenItemUnknown = createError('BRIDGE_OPEN_ITEM_UNKNOWN', 'This caller has no open item with this id', 404)

/** There is no such job: it was done, or its caller was erased. */
export const JobUnknown = createError('BRIDGE_JOB_UNKNOWN', 'There is no job with this id: it was done, or its caller was erased', 404)

/** There is no key to seal with. Set DATA_ENCRYPTION_KEY and start again. */
export const SealingOff = createError(
  'BRIDGE_SEALING_OFF', 'Stored data are plain: set DATA_ENCRYPTION_KEY and start the bridge again to have them sealed', 409)

/** ElevenLabs refuses the key or the request, does not know the agent, or is something else; the text says which setting to check. */
export const ElevenLabsRefused = createError<[string]>('BRIDGE_ELEVENLABS_REFUSED', '%s', 502)

/** ElevenLabs no longer takes the cursor of a run that was broken off. Run it again: it begins anew with that agent. */
export const BackfillPositionLost = createError(
  'BRIDGE_BACKFILL_PLACE_LOST', 'ElevenLabs no longer knows the place where the last run stopped: run it again, it begins anew with that agent', 502)

/** ElevenLabs cannot be reached, is too slow, or wants fewer requests. What was fetched stays; try again later. */
export const ElevenLabsUnavailable = createError<[string]>(
  'BRIDGE_ELEVENLABS_UNAVAILABLE', 'ElevenLabs cannot be asked at the moment (%s): try again later, what was fetched stays', 503)

// Seen by anybody.

/** There is no such route. */
export const RouteUnknown = createError('BRIDGE_ROUTE_UNKNOWN', 'There is no such route: see /docs', 404)

/** A stored file was damaged. It has been set aside, and nothing was written; the next try starts afresh. */
export const RecordDamaged = createError<[string]>(
  'BRIDGE_RECORD_DAMAGED', 'A stored record was damaged and has been set aside (%s); try again to start afresh', 503)

/** The seal of a stored record does not open: a key is missing, or it was changed or moved. Nothing was written; the log says which. */
export const RecordSealed = createError<[string, string]>(
  'BRIDGE_RECORD_SEALED', 'The stored document %s cannot be opened: %s', 503)

/** Too many writes are waiting for the disk or the database; nothing was changed. Try again later. */
export const StorageBusy = createError('BRIDGE_STORAGE_BUSY', 'Too many writes are waiting for the storage; nothing was changed', 503)

/** The storage cannot be read or written; nothing was acknowledged. Try again later; the log says why. */
export const StorageUnavailable = createError<[{ cause: unknown }?]>(
  'BRIDGE_STORAGE_UNAVAILABLE', 'The storage cannot be used at the moment; nothing was changed', 503)

/** A defect of the bridge. The log has the cause; the caller of the API gets this text alone. */
export const InternalError = createError('BRIDGE_INTERNAL', 'The bridge failed on this request; its log says why', 500)
