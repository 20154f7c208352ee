import { Type } from '@sinclair/typebox'
import { Documented, Nullable } from './common.ts'

export const MAX_TOOL_BODY_BYTES = 16 * 1024

/** Longer than anything that a model writes; what is stored is cut shorter. */
const MAX_GIVEN_CHARS = 1000

const Given = (description: string) => Type.String({ minLength: 1, maxLength: MAX_GIVEN_CHARS, description })

export const ToolHeadersSchema = Type.Object({
  'x-caller-token': Type.Optional(Type.String({
    description: 'The variable secret__caller_token: it says whose memory is used'
  })),
  'x-conversation-id': Type.Optional(Type.String({
    description: 'The variable system__conversation_id: if it is sent, the token has to be of this conversation'
  }))
})

const fact = Given('One short sentence about the caller, 1 to 1000 characters; above 300 it is not kept')

export const RecallBodySchema = Documented({
  query: Given('What to look up, 1 to 1000 characters')
}, 'an object with query', { query: 'the delivery time' })

export const RememberBodySchema = Documented({ fact }, 'an object with fact', { fact: 'Prefers deliveries at noon' })

export const CorrectBodySchema = Documented({
  what: Given('Which fact is meant, in its words, 1 to 1000 characters'),
  fact
}, 'an object with what and fact', { what: 'delivery time', fact: 'Prefers deliveries in the evening' })

export const ForgetBodySchema = Documented({
  what: Given('Which fact is meant, in its words; or everything'),
  confirm: Type.Optional(Nullable(Type.Boolean(), {
    description: 'For everything: true once the caller has confirmed it'
  }))
}, 'an object with what, and optionally confirm', { what: 'delivery time' })

export const ToolResultSchema = Documented({
  result: Type.String({ description: 'A sentence or two that the agent speaks from' })
}, 'What the agent is told', { result: 'It is noted.' })
