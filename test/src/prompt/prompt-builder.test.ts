import t from 'tap'
import { createPromptBuilder } from '../../../src/prompt/call-start-response.ts'
import { answerInput, SESSION, SETTINGS, soul } from './samples.ts'

t.test('an edited soul is used from the next response on', async (t) => {
  let current = soul({ firstMessage: 'One' })
  const builder = createPromptBuilder(() => current, SETTINGS)
  const { soul: _, ...input } = answerInput()
  const greetings = () => [builder.personal(input).response, builder.neutral(SESSION)]
    .map((answer) => answer.conversation_config_override?.agent.first_message)

  t.strictSame(greetings(), ['One', 'One'])
  current = soul({ firstMessage: 'Two', variables: { shop: 'Corner' } })

  t.strictSame(greetings(), ['Two', 'Two'])
  t.match(builder.foreign(SESSION).dynamic_variables, { shop: 'Corner' })
})
