import { Type, type Static } from '@sinclair/typebox'
import { LanguageSchema } from './common.ts'

const Message = () => Type.String({ minLength: 1, maxLength: 1000, description: 'text of 1 to 1000 characters' })

export const SoulFrontMatterSchema = Type.Object({
  first_message: Type.Optional(Message()),
  first_message_returning: Type.Optional(Message()),
  first_message_resumed: Type.Optional(Message()),
  language: Type.Optional(LanguageSchema),
  variables: Type.Optional(Type.Record(
    Type.String({ pattern: '^(?!system__|secret__)[a-z][a-z0-9_]{0,59}$' }),
    Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean()]),
    {
      additionalProperties: false,
      description: 'a map of names like my_variable (not system__… or secret__…) to a text, number or boolean'
    }
  ))
}, {
  additionalProperties: false,
  description: 'first_message, first_message_returning, first_message_resumed, language and variables'
})

export type SoulFrontMatter = Static<typeof SoulFrontMatterSchema>
