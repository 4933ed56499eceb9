import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as calls from '@/api/calls'
import { ApiError } from '@/api/http'
import type { Staff } from '@/api/shapes'

const SUPERVISING = new Set(['supervisor', 'hq', 'admin'])

/** Who is signed in. */
export const useSession = defineStore('session', () => {
  const staff = ref<Staff | null>(null)
  const expired = ref(false)
  const known = ref(false)

  const supervising = computed(() => SUPERVISING.has(staff.value?.role ?? ''))

  /** Trainers work on the library and hold no conversations. */
  const atDesk = computed(() => staff.value !== null && staff.value.role !== 'trainer')

  /** Ask once after a page load whether the cookie still holds. */
  async function restore(): Promise<void> {
    if (known.value) return
    try {
      staff.value = (await calls.whoAmI()).staff
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      expired.value = false
    }
    known.value = true
  }

  /** Find out whether the sign-in still holds; a 401 is handled where calls are made. */
  async function check(): Promise<void> {
    await calls.whoAmI().catch(() => undefined)
  }

  async function signIn(username: string, password: string): Promise<void> {
    staff.value = (await calls.signIn(username, password)).staff
    expired.value = false
    known.value = true
  }

  async function signOut(): Promise<void> {
    await calls.signOut().catch(() => undefined)
    staff.value = null
  }

  function lose(): void {
    if (staff.value) expired.value = true
    staff.value = null
  }

  return { staff, expired, known, supervising, atDesk, restore, check, signIn, signOut, lose }
})
