/** A connector that is no part of the project, through a whole pipeline. */
import { sqlApp } from 'millrace'
import { testApp } from 'millrace/testing'
import { expect, test } from 'vitest'
import { speak } from './weather.app.ts'

const program = new URL('./weather.sql', import.meta.url)

test('every row is spoken once', async () => {
  const said: string[] = []
  const connectors = new Map([['speak', speak]])
  const app = await testApp(sqlApp(program, { connectors, print: (line) => said.push(line) }))
  try {
    await app.runUntilIdle()
    await app.runUntilIdle()
  } finally {
    await app.close()
  }
  expect(said).toHaveLength(5)
  for (const [hour, line] of said.entries())
    expect(line).toMatch(new RegExp(`^owl: at ${hour} it is (cold|warm)$`))
})

test('without the connector the program is refused, with those that there are', async () => {
  await expect(testApp(sqlApp(program))).rejects.toMatchObject({ code: 'SQL_CONNECTOR_UNKNOWN' })
})
