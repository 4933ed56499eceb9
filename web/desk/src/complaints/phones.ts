/** Phone numbers as typed. Pure. */

/** A mainland mobile number, however it is spaced, with or without +86. */
export function looksLikePhone(typed: string): boolean {
  const digits = typed.normalize('NFKC').replace(/[\s\-()]/g, '').replace(/^(\+?86)(?=1\d{10}$)/, '')
  return /^1[3-9]\d{9}$/.test(digits)
}
