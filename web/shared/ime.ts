/** What a key press in a composer means. Pure, so that it can be tested without a browser. */

export interface KeyPress {
  key: string
  keyCode?: number
  isComposing?: boolean
  shiftKey?: boolean
  ctrlKey?: boolean
  altKey?: boolean
  metaKey?: boolean
}

/** Safari fires `compositionend` before the Enter that confirmed a candidate. */
export const SETTLE_MS = 60

/**
 * Whether the key belongs to an input method rather than to us.
 *
 * `keyCode` 229 is what browsers report for keys that an IME swallowed; Safari reports it for the
 * confirming Enter although `isComposing` is false again by then.
 */
export function belongsToIme(press: KeyPress, sinceCompositionEndMs = Infinity): boolean {
  return (
    press.isComposing === true || press.keyCode === 229 || sinceCompositionEndMs < SETTLE_MS
  )
}

/** Enter alone sends; with Shift it is a new line; with Alt, Ctrl or Meta it is neither. */
export function sendsMessage(press: KeyPress, sinceCompositionEndMs = Infinity): boolean {
  if (press.key !== 'Enter' || press.shiftKey || press.altKey || press.ctrlKey || press.metaKey) {
    return false
  }
  return !belongsToIme(press, sinceCompositionEndMs)
}

/** Follows one text field's composition, for browsers that end it before the confirming key. */
export class Composition {
  private endedAt = -Infinity
  private active = false

  constructor(private readonly now: () => number = () => performance.now()) {}

  start(): void {
    this.active = true
  }

  end(): void {
    this.active = false
    this.endedAt = this.now()
  }

  sends(press: KeyPress): boolean {
    return !this.active && sendsMessage(press, this.now() - this.endedAt)
  }
}
