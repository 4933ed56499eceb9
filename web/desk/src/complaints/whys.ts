/** A chain of up to five "why" answers that ends at a management cause or says it is unknown. Pure. */

export const LONGEST = 5

export type ChainFault = 'empty' | 'gap' | 'no_end'

export type ChainEnd = 'management' | 'unknown'

/** Answers without the empty tail and without blanks at their ends. */
export function trimmed(answers: readonly string[]): string[] {
  const kept = answers.slice(0, LONGEST).map((answer) => answer.trim())
  while (kept.length > 0 && kept.at(-1) === '') kept.pop()
  return kept
}

/** What keeps the chain from being complete; null when it may be saved as a diagnosis. */
export function chainFault(answers: readonly string[], end: ChainEnd | null): ChainFault | null {
  const kept = trimmed(answers)
  if (kept.length === 0) return end === 'unknown' ? null : 'empty'
  if (kept.includes('')) return 'gap'
  return end === null ? 'no_end' : null
}
