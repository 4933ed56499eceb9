import { newId } from '@shared/ids'
import type { Credentials } from './api'
import type { Store } from './outbox'

/** Storage that works in private windows too, where the real one may be forbidden. */
export function openStore(): Store {
  try {
    localStorage.setItem('frontline.probe', '1')
    localStorage.removeItem('frontline.probe')
    return localStorage
  } catch {
    const kept = new Map<string, string>()
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    }
  }
}

/** What the widget remembers between visits. */
export class Memory {
  constructor(
    readonly store: Store,
    private readonly scope: string,
  ) {}

  key(name: string): string {
    return `frontline.${this.scope}.${name}`
  }

  get credentials(): Credentials | null {
    try {
      const kept = JSON.parse(this.get('conversation') || 'null') as Credentials | null
      return kept && kept.id && kept.token ? kept : null
    } catch {
      return null
    }
  }

  set credentials(value: Credentials | null) {
    this.set('conversation', value ? JSON.stringify(value) : '')
  }

  get visitorId(): string {
    let id = this.get('visitor')
    if (!id) {
      id = newId()
      this.set('visitor', id)
    }
    return id
  }

  get draft(): string {
    return this.get('draft')
  }

  set draft(text: string) {
    this.set('draft', text)
  }

  /** The last `seq` that the customer has seen. */
  get seen(): number {
    return Number(this.get('seen')) || 0
  }

  set seen(seq: number) {
    this.set('seen', String(seq))
  }

  /** `last_seq` of the closing that was rated. */
  get rated(): number {
    return Number(this.get('rated')) || 0
  }

  set rated(seq: number) {
    this.set('rated', String(seq))
  }

  private get(name: string): string {
    return this.store.getItem(this.key(name)) ?? ''
  }

  private set(name: string, value: string): void {
    try {
      this.store.setItem(this.key(name), value)
    } catch {
      // Storage full: this visit still works.
    }
  }
}
