import { Type } from '@sinclair/typebox'
import { Documented } from './common.ts'

/** The form of every error response. */
export const ErrorSchema = Type.Object({
  statusCode: Type.Integer({ examples: [400] }),
  code: Type.String({ description: 'See docs/errors.md', examples: ['BRIDGE_REQUEST_INVALID'] }),
  error: Type.String({ examples: ['Bad Request'] }),
  message: Type.String({
    examples: ['body/fact must be string: One lasting sentence about the caller, 1 to 1000 characters']
  })
})

/** One error response with its example. */
function errorResponse (statusCode: number, error: string, code: string, message: string) {
  return Documented(ErrorSchema.properties, error, { statusCode, code, error, message })
}

const invalid = errorResponse(400, 'Bad Request', 'BRIDGE_REQUEST_INVALID',
  'body/fact must be string: One lasting sentence about the caller, 1 to 1000 characters')
const unavailable = errorResponse(503, 'Service Unavailable', 'BRIDGE_STORAGE_UNAVAILABLE',
  'The storage cannot be used at the moment: try again later')
const failed = errorResponse(500, 'Internal Server Error', 'BRIDGE_INTERNAL',
  'The bridge failed on this request; its log says why')

/** What every admin route can respond with. */
export const AdminErrors = {
  400: invalid,
  401: errorResponse(401, 'Unauthorized', 'BRIDGE_ADMIN_REFUSED',
    'The admin key is missing or wrong: send it in the header Authorization: Bearer <ADMIN_API_KEY>'),
  403: errorResponse(403, 'Forbidden', 'BRIDGE_ADMIN_DISABLED',
    'Admin access is off: set ADMIN_API_KEY and start the bridge again'),
  429: errorResponse(429, 'Too Many Requests', 'BRIDGE_ADMIN_THROTTLED',
    'Too many wrong admin keys from this address: wait 42 seconds, or send the right one'),
  500: failed,
  503: unavailable
}

/** What every webhook can respond with. */
export const WebhookErrors = {
  400: errorResponse(400, 'Bad Request', 'BRIDGE_BODY_NOT_JSON', 'The body is not valid JSON: send one JSON object'),
  401: errorResponse(401, 'Unauthorized', 'BRIDGE_WEBHOOK_REFUSED', 'The header X-Webhook-Secret is missing'),
  408: errorResponse(408, 'Request Timeout', 'BRIDGE_BODY_CUT_OFF', 'The body did not arrive in full'),
  413: errorResponse(413, 'Payload Too Large', 'BRIDGE_BODY_TOO_LARGE', 'The body is larger than 65536 bytes'),
  429: errorResponse(429, 'Too Many Requests', 'BRIDGE_WEBHOOK_THROTTLED',
    'Too many wrong webhook secrets from this address: wait 42 seconds, or send the right one'),
  500: failed
}

/** What every tool can respond with. That its storage cannot be used is told in a 200: the agent sees no error. */
export const ToolErrors = {
  400: errorResponse(400, 'Bad Request', 'BRIDGE_REQUEST_INVALID', 'body must have required property \'query\''),
  401: errorResponse(401, 'Unauthorized', 'BRIDGE_TOOL_REFUSED',
    'The header X-Caller-Token is missing: bind it to secret__caller_token'),
  413: errorResponse(413, 'Payload Too Large', 'BRIDGE_BODY_TOO_LARGE', 'The body is larger than 16384 bytes'),
  500: failed
}

export const UnavailableError = { 503: unavailable }

export const NotFoundError = {
  404: errorResponse(404, 'Not Found', 'BRIDGE_CALLER_UNKNOWN', 'There is no record of this caller')
}

export const ConflictError = {
  409: errorResponse(409, 'Conflict', 'BRIDGE_CALLER_OPTED_OUT',
    'This caller opted out, so nothing may be stored about them: PATCH {"remember":true} ends that')
}

export const ElevenLabsError = {
  502: errorResponse(502, 'Bad Gateway', 'BRIDGE_ELEVENLABS_REFUSED',
    'ElevenLabs refuses the key (401): check ELEVENLABS_API_KEY, and that it may read conversations')
}
