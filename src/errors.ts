/** Every error the bridge raises on purpose: its code, its text and its HTTP status. docs/errors.md lists them all. */
import createError from '@fastify/error'

// At start.

/** The text lists all settings that are missing or wrong. */
export const SettingsInvalid = createError<[string]>('BRIDGE_SETTINGS_INVALID', '%s', 500)

/** At start, the bridge exits. After a later edit, the last good soul stays in use. */
export const SoulInvalid = createError<[string, string]>(
  'BRIDGE_SOUL_INVALID', 'The soul file %s cannot be used: %s', 500)

/** Takes the folder and the process that holds it. */
export const DataDirLocked = createError<[string, string]>(
  'BRIDGE_DATA_DIR_LOCKED', 'DATA_DIR %s is in use by %s: only one bridge can use a folder', 503)

/** DATA_ENCRYPTION_KEY lacks a key that stored data was sealed with; the text says what to do. */
export const EncryptionKeyWrong = createError<[string]>('BRIDGE_ENCRYPTION_KEY_WRONG', '%s', 503)

// On the command line.

export const CommandFailed = createError<[string, { cause: unknown }?]>('BRIDGE_COMMAND_FAILED', '%s', 500)

/** A backup is damaged, cut off, or does not open with the keys at hand. Nothing was restored from it. */
export const BackupUnusable = createError<[string]>('BRIDGE_BACKUP_UNUSABLE', 'The backup cannot be used: %s', 500)

// In the webhooks.

/** The text says which part of the proof failed. */
export const WebhookRefused = createError<[string]>('BRIDGE_WEBHOOK_REFUSED', '%s', 401)

export const BodyNotJson = createError('BRIDGE_BODY_NOT_JSON', 'The body is not valid JSON: send one JSON object', 400)

export const BodyNotObject = createError('BRIDGE_BODY_NOT_OBJECT', 'The body is not a JSON object: send {…}', 400)

export const BodyTooLarge = createError<[number]>('BRIDGE_BODY_TOO_LARGE', 'The body is larger than %d bytes', 413)

/** Parsing such a body would hold up other calls. */
export const BodyTooComplex = createError<[number, number]>(
  'BRIDGE_BODY_TOO_COMPLEX', 'The body is nested deeper than %d levels, or has more than %d values', 413)

/** The right secret still works. */
export const WebhookThrottled = createError<[number]>(
  'BRIDGE_WEBHOOK_THROTTLED',
  'Too many wrong webhook secrets from this address: wait %d seconds, or send the right one', 429)

/** The connection ended, the body took more than 30 seconds (10 for a large one), or others needed its slot. */
export const BodyCutOff = createError<[{ cause: unknown }]>(
  'BRIDGE_BODY_CUT_OFF', 'The body did not arrive in full', 408)

// In the tools.

/** The text says what is wrong with the caller token. ElevenLabs does not show it to the agent. */
export const ToolRefused = createError<[string]>('BRIDGE_TOOL_REFUSED', '%s', 401)

// In the admin API.

/** The text names the field and what it should be. */
export const RequestInvalid = createError<[string]>('BRIDGE_REQUEST_INVALID', '%s', 400)

/** Such as a leap second, or a year beyond 9999. Takes the field. */
export const TimeInvalid = createError<[string]>(
  'BRIDGE_TIME_INVALID', '%s is not a time that exists: send ISO 8601 with a time zone, or Unix seconds', 400)

/** Nothing would ever be told of it. Takes the field. */
export const TimePast = createError<[string]>(
  'BRIDGE_TIME_PAST', '%s is in the past: send a time to come, or null for never', 400)

/** Takes the kind of identity that was found instead; the command `hash` prints it, too. */
export const PhoneUnreadable = createError<[string]>(
  'BRIDGE_PHONE_UNREADABLE',
  'The number cannot be read as a phone number (%s): give it with + and country code, or set DEFAULT_COUNTRY', 400)

export const AdminDisabled = createError(
  'BRIDGE_ADMIN_DISABLED', 'Admin access is off: set ADMIN_API_KEY and start the bridge again', 403)

export const AdminRefused = createError(
  'BRIDGE_ADMIN_REFUSED',
  'The admin key is missing or wrong: send it in the header Authorization: Bearer <ADMIN_API_KEY>', 401)

/** The right key still works. */
export const AdminThrottled = createError<[number]>(
  'BRIDGE_ADMIN_THROTTLED', 'Too many wrong admin keys from this address: wait %d seconds, or send the right one', 429)

export const CallerUnknown = createError('BRIDGE_CALLER_UNKNOWN', 'There is no record of this caller', 404)

/** Only the newest 20 calls are kept. */
export const CallUnknown = createError(
  'BRIDGE_CALL_UNKNOWN', 'This caller has no call with this number or id, or it is too old to be kept', 404)

export const FactUnknown = createError('BRIDGE_FACT_UNKNOWN', 'This caller has no fact with this id', 404)

export const NoteUnknown = createError(
  'BRIDGE_NOTE_UNKNOWN',
  'There is no note with this id: a caller\'s own notes need ?phone_hash=, notes for everybody go without it', 404)

export const CallerOptedOut = createError(
  'BRIDGE_CALLER_OPTED_OUT',
  'This caller opted out, so nothing may be stored about them: PATCH {"remember":true} ends that', 409)

export const FactsFull = createError<[number]>(
  'BRIDGE_FACTS_FULL', 'This caller already has %d facts, which is the limit: delete some first', 409)

export const NotesFull = createError<[number]>(
  'BRIDGE_NOTES_FULL', 'There are already %d notes, which is the limit: delete some first', 409)

export const FactRepeated = createError(
  'BRIDGE_FACT_REPEATED', 'This caller already has a fact with this text: delete one of the two instead', 409)

/** Takes the id of the current fact. */
export const FactSuperseded = createError<[string]>(
  'BRIDGE_FACT_SUPERSEDED', 'This fact has been corrected, and is history: the current fact is %s', 409)

/** It was already approved, rejected or superseded. */
export const FactNotPending = createError(
  'BRIDGE_FACT_NOT_PENDING', 'This fact is not pending: only pending facts can be approved or rejected', 409)

export const OpenItemUnknown = createError(
  'BRIDGE_OPEN_ITEM_UNKNOWN', 'This caller has no open item with this id', 404)

export const JobUnknown = createError(
  'BRIDGE_JOB_UNKNOWN', 'There is no job with this id: it was done, or its caller was erased', 404)

export const SealingOff = createError(
  'BRIDGE_SEALING_OFF', 'There is no key to seal with: set DATA_ENCRYPTION_KEY and start the bridge again', 409)

/** The text says which setting to check. */
export const ElevenLabsRefused = createError<[string]>('BRIDGE_ELEVENLABS_REFUSED', '%s', 502)

export const BackfillPositionLost = createError(
  'BRIDGE_BACKFILL_PLACE_LOST',
  'ElevenLabs no longer accepts the cursor of the interrupted run: run it again; it starts over with this agent', 502)

/** ElevenLabs cannot be reached, is too slow, or asks for fewer requests. */
export const ElevenLabsUnavailable = createError<[string]>(
  'BRIDGE_ELEVENLABS_UNAVAILABLE',
  'ElevenLabs is not available at the moment (%s): try again later; what was done is kept', 503)

// Anywhere.

/** Also a request of HTTP/1.1 without a `Host` header. */
export const HttpMalformed = createError(
  'BRIDGE_HTTP_MALFORMED', 'The request is not valid HTTP/1.1: check the client, and the proxy in between', 400)

/** More than Node's 16 KB of request line and headers. */
export const HeadTooLarge = createError(
  'BRIDGE_HEAD_TOO_LARGE', 'The URL and the headers together are too large: send fewer or shorter headers', 431)

/** The head took more than 10 seconds, or all of it more than 30. */
export const RequestTooSlow = createError('BRIDGE_REQUEST_TOO_SLOW', 'The request did not arrive in time', 408)

export const ExpectationUnknown = createError(
  'BRIDGE_EXPECTATION_UNKNOWN', 'The header Expect can only be 100-continue: leave it out', 417)

export const RouteUnknown = createError('BRIDGE_ROUTE_UNKNOWN', 'There is no such route: see /docs', 404)

/** Nothing was written; the next try starts afresh. */
export const RecordDamaged = createError<[string]>(
  'BRIDGE_RECORD_DAMAGED', 'A stored document is damaged (%s): nothing was written; try again to start afresh', 503)

/** A key is missing, or the document was changed or moved. Nothing was written; the log says which document. */
export const RecordSealed = createError<[string, string]>(
  'BRIDGE_RECORD_SEALED', 'The stored document %s cannot be opened: %s', 503)

export const StorageBusy = createError(
  'BRIDGE_STORAGE_BUSY', 'Too many writes are waiting for the storage; nothing was changed: try again later', 503)

/** Nothing was acknowledged. The cause goes to the log. */
export const StorageUnavailable = createError<[{ cause: unknown }?]>(
  'BRIDGE_STORAGE_UNAVAILABLE', 'The storage cannot be used at the moment: try again later', 503)

/** A bug in the bridge. The log has the cause; the response has only this text. */
export const InternalError = createError('BRIDGE_INTERNAL', 'The bridge failed on this request; its log says why', 500)
