/** Amounts in CNY as people write and read them. Pure. */

/**
 * A typed amount as fen, so that sums are exact; null when it is not an amount.
 *
 * Accepts `500`, `500.5`, `¥1,200.00`, `1200元` and full-width digits.
 */
export function fen(typed: string): number | null {
  const plain = typed
    .normalize('NFKC')
    .replace(/[¥,\s]|CNY|元|块/gi, '')
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(plain)
  if (!match) return null
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
}

/** `¥1,200`, with fen only where there are any. */
export function yuan(amount: number): string {
  const digits = Number.isInteger(Math.round(amount * 100) / 100) ? 0 : 2
  return `¥${amount.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`
}
