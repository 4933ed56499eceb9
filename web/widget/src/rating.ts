import type { Chat } from './chat'
import { h, icon } from './dom'
import { fill, type Texts } from './texts'

/** Five stars and one line, shown once after a conversation has ended. */
export class Rating {
  readonly element = h('div', { class: 'rating' })
  private score = 0
  private done = false

  constructor(
    private readonly chat: Chat,
    private readonly texts: Texts,
  ) {
    this.ask()
  }

  get shown(): boolean {
    return this.chat.rateable || (this.done && this.chat.conversation?.state === 'closed')
  }

  /** Ready for the next conversation that ends. */
  reset(): void {
    if (!this.done || this.chat.conversation?.state === 'closed') return
    this.done = false
    this.score = 0
    this.ask()
  }

  private ask(): void {
    const comment = h('textarea', { rows: 2, maxlength: 500, placeholder: this.texts.comment })
    comment.addEventListener('keydown', (event) => event.stopPropagation())
    const submit = h(
      'button',
      { type: 'button', class: 'submit', onClick: () => void this.submit(comment.value, submit) },
      this.texts.submit,
    )
    const more = h('div', { class: 'more', hidden: true }, comment, submit)
    const stars = [1, 2, 3, 4, 5].map((value) => {
      const choose = () => {
        this.score = value
        more.hidden = false
        requestAnimationFrame(() => submit.scrollIntoView({ block: 'end' }))
        stars.forEach((star, index) => {
          star.classList.toggle('on', index < value)
          star.setAttribute('aria-checked', String(index + 1 === value))
        })
      }
      const label = fill(this.texts.stars, { count: value })
      return h(
        'button',
        { type: 'button', role: 'radio', 'aria-checked': 'false', 'aria-label': label, onClick: choose },
        icon('star'),
      )
    })
    this.element.replaceChildren(
      h('p', {}, this.texts.rate),
      h('div', { class: 'stars', role: 'radiogroup', 'aria-label': this.texts.rate }, ...stars),
      more,
    )
  }

  private async submit(comment: string, button: HTMLButtonElement): Promise<void> {
    button.disabled = true
    this.done = true
    try {
      await this.chat.rate(this.score, comment.trim())
      this.element.replaceChildren(h('p', {}, this.texts.thanks))
    } catch {
      this.done = false
      button.disabled = false
    }
  }
}
