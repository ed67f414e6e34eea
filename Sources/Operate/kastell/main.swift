import CLI

await KastellCommand.run()
