/** The entry point for service managers; does the same as `memory-bridge serve`. */
import { serve } from './serve.ts'

await serve()
