/** What a service manager starts: the same as the command `memory-bridge serve`. */
import { serve } from './serve.ts'

await serve()
