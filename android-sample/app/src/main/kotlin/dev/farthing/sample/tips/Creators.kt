package dev.farthing.sample.tips

import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.unit.dp
import dev.farthing.Creator

/** Whom a tip is for. */
@Composable
internal fun CreatorChoice(
    creators: List<Creator>,
    chosen: Creator,
    onChoose: (Creator) -> Unit,
) {
    Column(Modifier.selectableGroup(), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        for (creator in creators) CreatorRow(creator, creator == chosen) { onChoose(creator) }
    }
}

@Composable
private fun CreatorRow(
    creator: Creator,
    isChosen: Boolean,
    onChoose: () -> Unit,
) {
    val scheme = MaterialTheme.colorScheme
    val shape = MaterialTheme.shapes.medium
    Surface(
        Modifier
            .fillMaxWidth()
            .border(if (isChosen) 2.dp else 1.dp, if (isChosen) scheme.primary else scheme.outlineVariant, shape)
            .clip(shape)
            .selectable(isChosen, role = Role.RadioButton, onClick = onChoose)
            .testTag("creator_${creator.id}"),
        shape = shape,
        color = scheme.surfaceContainerLow,
    ) {
        Row(
            Modifier.padding(12.dp),
            horizontalArrangement = Arrangement.spacedBy(12.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            Box(
                Modifier.size(44.dp).clip(CircleShape).background(scheme.primaryContainer).clearAndSetSemantics { },
                contentAlignment = Alignment.Center,
            ) {
                Text(
                    creator.name.take(1),
                    style = MaterialTheme.typography.titleLarge,
                    color = scheme.onPrimaryContainer,
                )
            }
            Text(creator.name, Modifier.weight(1f), style = MaterialTheme.typography.titleMedium)
            RadioButton(isChosen, onClick = null)
        }
    }
}
