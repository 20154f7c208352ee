import t from 'tap'
import { demandsOf, idsIn } from '../../../src/doctor/demands.ts'

t.test('finds variables wherever a configuration can demand one', async (t) => {
  const config = {
    agent: {
      first_message: 'Hi {{caller_name}}, it is {{system__time}}',
      prompt: { prompt: '{{ a_b }} {{}}', custom_llm: { request_headers: { 'x-key': { variable_name: 'session_id' }, 'x-secret': { secret_id: '1' } } } },
      dynamic_variables: { dynamic_variable_placeholders: { shown_only: '{{not_this}}' } }
    },
    language_presets: { de: { overrides: { agent: { first_message: 'Hallo {{name_de}}' } } } },
    turn: { soft_timeout_config: { message: 'Still there, {{soft}}?' } },
    tools: [{
      url: 'https://x.example/{{path}}',
      request_body_schema: {
        properties: { id: { type: 'string', dynamic_variable: 'bound' }, own: { dynamic_variable: 'system__caller_id' }, none: { dynamic_variable: '' }, one: { allowed_values: { dynamic_variable: 'list' } } }
      },
      assignments: [{ dynamic_variable: 'an_output', value_path: 'x' }]
    }]
  }

  t.strictSame(demandsOf(config, 'c').map(({ variable, where }) => `${variable} ${where}`), [
    'caller_name c.agent.first_message',
    'a_b c.agent.prompt.prompt',
    'session_id c.agent.prompt.custom_llm.request_headers.x-key',
    'name_de c.language_presets.de.overrides.agent.first_message',
    'soft c.turn.soft_timeout_config.message',
    'path c.tools[0].url',
    'bound c.tools[0].request_body_schema.properties.id',
    'list c.tools[0].request_body_schema.properties.one.allowed_values'
  ])
})

t.test('finds ids wherever a configuration names them', async (t) => {
  const config = {
    agent: { prompt: { tool_ids: ['a', 'b'], mcp_server_ids: ['m'], tools: null } },
    workflow: { nodes: { n1: { additional_tool_ids: ['c'], tools: [{ tool_id: 'a' }], tool_id: 7 } } }
  }

  t.strictSame(idsIn(config, ['tool_ids', 'additional_tool_ids', 'tool_id']), ['a', 'b', 'c'])
  t.strictSame(idsIn(config, ['mcp_server_ids']), ['m'])
  t.strictSame(idsIn('tool_ids', ['tool_ids']), [])
})
